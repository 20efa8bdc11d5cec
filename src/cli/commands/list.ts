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
  summary: 'Snapshots, newest first.',
  examples: [
    'list',
    'list --to 2026-01-30T12:00 --limit 5',
    'list --plan auto --trigger safety',
    'list --search "student 5" --json',
  ],
  configure: (command) =>
    command
      .option('--plan <name>', 'of this plan')
      .addOption(new Option('--kind <kind>', 'that stand alone, or that need a base').choices(['full', 'differential']))
      .addOption(new Option('--source <source>', 'of this source').choices(['database', 'files', 'full']))
      .addOption(new Option('--trigger <trigger>', 'by this trigger').choices(TRIGGERS))
      .addOption(
        new Option('--location <location>', 'that are regular, or lie in archives').choices(['regular', 'archived']),
      )
      .option('--from <time>', 'taken at this time or later, in UTC', moment)
      .option('--to <time>', 'taken before this time, in UTC', moment)
      .option('--search <text>', 'with this in their id, description or subject')
      .option('--limit <count>', 'so many at most', wholeNumber(1), DEFAULT_LIMIT),
  async run({ terminal, open, answer }, _args, options) {
    const { plan, kind, source, trigger, location, from, to, search, limit } = options as unknown as ListOptions & {
      search?: string;
    };
    const { catalog } = await open('read');
    const query = { plan, kind, source, trigger, location, from, to, q: search };
    const page = await catalog.page({ ...query, page: 1, page_size: limit });
    answer(page, () => {
      if (page.total === 0) return 'There are no such snapshots.';
      const shown = snapshotTable(page.items, new Date(), terminal.width('stdout'));
      const left = page.total - page.items.length;
      return left === 0 ? shown : `${shown}\n${left} more; --limit ${page.total} shows all.`;
    });
  },
};
