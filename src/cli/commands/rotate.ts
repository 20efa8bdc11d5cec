import type { CliCommand } from '../command.js';
import { cleanUp } from './clean-up.js';

export const rotate: CliCommand = {
  name: 'rotate',
  summary: 'Packs and deletes what is due, as the server does after each backup.',
  examples: ['rotate --dry-run', 'rotate'],
  configure: (command) => command.option('--dry-run', 'only say what would happen, and why the rest stays'),
  run: (context, _args, options) => cleanUp(context, 'all', options['dryRun'] === true),
};
