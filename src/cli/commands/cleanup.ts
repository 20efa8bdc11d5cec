import type { CliCommand } from '../command.js';
import { cleanUp } from './cleanup.run.js';

export const cleanup: CliCommand = {
  name: 'cleanup',
  alias: 'rotate',
  summary: 'Archives and deletes what is due, as the server does after each backup.',
  examples: ['cleanup --dry-run', 'cleanup', 'cleanup --confirm-clock'],
  configure: (command) =>
    command
      .option('--dry-run', 'report what would happen and why the rest stays; change nothing')
      .option('--confirm-clock', 'confirm that the clock is right although it jumped ahead (the machine was off)'),
  run: (context, _args, options) =>
    cleanUp(context, 'all', { dryRun: options['dryRun'] === true, confirmClock: options['confirmClock'] === true }),
};
