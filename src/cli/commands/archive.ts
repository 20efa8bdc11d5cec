import type { CliCommand } from '../command.js';
import { cleanUp } from './clean-up.js';

export const archive: CliCommand = {
  name: 'archive',
  summary: 'Packs the days that are old enough into one ZIP each; deletes nothing else.',
  examples: ['archive --dry-run', 'archive'],
  configure: (command) => command.option('--dry-run', 'only say what would happen'),
  run: (context, _args, options) => cleanUp(context, 'archive', { dryRun: options['dryRun'] === true }),
};
