import type { CliCommand } from '../command.js';
import { cleanUp } from './cleanup.run.js';

export const archive: CliCommand = {
  name: 'archive',
  summary: 'Moves the snapshots of days that are old enough into one archive a day; deletes nothing else.',
  examples: ['archive --dry-run', 'archive'],
  configure: (command) => command.option('--dry-run', 'only say what would happen'),
  run: (context, _args, options) => cleanUp(context, 'archive', { dryRun: options['dryRun'] === true }),
};
