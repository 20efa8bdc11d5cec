import type { CliCommand } from '../command.js';
import { cleanUp } from './cleanup.run.js';

export const archive: CliCommand = {
  name: 'archive',
  summary: 'Moves snapshots that are old enough into one archive per day; deletes nothing else.',
  examples: ['archive --dry-run', 'archive'],
  configure: (command) => command.option('--dry-run', 'report what would happen, change nothing'),
  run: (context, _args, options) => cleanUp(context, 'archive', { dryRun: options['dryRun'] === true }),
};
