import type { CliCommand } from '../command.js';
import { cleanUp } from './clean-up.js';

export const rotate: CliCommand = {
  name: 'rotate',
  summary: 'Packs and deletes what is due, as the server does after each backup.',
  examples: ['rotate --dry-run', 'rotate', 'rotate --confirm-clock'],
  configure: (command) =>
    command
      .option('--dry-run', 'only say what would happen, and why the rest stays')
      .option('--confirm-clock', 'the clock is right though it jumped ahead: the machine was off for that long'),
  run: (context, _args, options) =>
    cleanUp(context, 'all', { dryRun: options['dryRun'] === true, confirmClock: options['confirmClock'] === true }),
};
