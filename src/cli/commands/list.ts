import { Option } from 'commander';
import type { SnapshotQuery } from '../../backup/internals.js';
import type { CliCommand } from '../command.js';
import { moment, wholeNumber } from '../option-values.js';
import { snapshotTable } from '../output/snapshots.js';

const DEFAULT_LIMIT = 50;
const TRIGGERS = ['scheduled', 'manual', 'event', 'safety', 'startup', 'cli'];

type ListOptions = Omit<SnapshotQuery, 'page' | 'page_size'> & { limit: number };

export const list: CliCommand = {
  name: 'list',
  summary: 'Lists snapshots, newest first.',
  examples: [
    'list',
    'list --to 2026-01-30T12:00 --limit 5',
    'list --plan auto --trigger safety',
    'list --search "student 5" --json',
  ],
  configure: (command) =>
    command
      .option('--plan <name>', 'only snapshots of this plan')
      .addOption(
        new Option(
          '--kind <kind>',
          'only snapshots that stand alone (full), or that need a base (differential)',
        ).choices(['full', 'differential']),
      )
      .addOption(
        new Option('--source <source>', 'only snapshots of this source').choices(['database', 'files', 'full']),
      )
      .addOption(new Option('--trigger <trigger>', 'only snapshots with this trigger').choices(TRIGGERS))
      .addOption(
        new Option('--location <location>', 'only regular or only archived snapshots').choices(['regular', 'archived']),
      )
      .option('--from <time>', 'only snapshots taken at or after this time (UTC)', moment)
      .option('--to <time>', 'only snapshots taken before this time (UTC)', moment)
      .option('--search <text>', 'only snapshots with this text in their id, description or subject')
      .option('--limit <count>', 'show at most this many', wholeNumber(1), DEFAULT_LIMIT),
  async run({ terminal, open, answer }, _args, options) {
    const { plan, kind, source, trigger, location, from, to, search, limit } = options as unknown as ListOptions & {
      search?: string;
    };
    const { catalog } = await open('read');
    const query = { plan, kind, source, trigger, location, from, to, q: search };
    const page = await catalog.page({ ...query, page: 1, page_size: limit });
    answer(page, () => {
      if (page.total === 0) return 'No snapshots found.';
      const shown = snapshotTable(page.items, new Date(), terminal.width('stdout'));
      const left = page.total - page.items.length;
      return left === 0 ? shown : `${shown}\n${left} more; --limit ${page.total} shows all.`;
    });
  },
};
