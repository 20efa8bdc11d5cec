import type { Comparison, TableComparison } from '../../backup/headless.js';
import type { CliCommand } from '../command.js';
import { wholeNumber } from '../option-values.js';
import { table } from '../output/table.js';
import { countInWords } from '../output/units.js';
import { REFERENCE_IN_WORDS, snapshotNamed } from '../snapshot-reference.js';
import { streamTo } from '../stream-to.js';
import { watched } from '../watched.js';

const NOW = 'now';
const LARGEST_PAGE = 10_000;

export const diff: CliCommand = {
  name: 'diff',
  summary: 'What changed between a snapshot and a later one, or the live database.',
  examples: ['diff newest', 'diff newest now --table users', 'diff newest:auto newest --json'],
  configure: (command) =>
    command
      .argument('<before>', REFERENCE_IN_WORDS)
      .argument('[after]', 'the same; or "now" for the live database', NOW)
      .option('--table <name>', 'the changed rows of this table, as JSON, one a line')
      .option('--offset <count>', 'with --table: leave out so many', wholeNumber(0), 0)
      .option('--limit <count>', 'with --table: so many at most', wholeNumber(1), LARGEST_PAGE),
  async run(context, [before, after], options) {
    const { table: name, offset, limit } = options as { table?: string; offset: number; limit: number };
    const backups = await context.open('read');
    const { catalog, comparisons } = backups;
    const { id } = await snapshotNamed(before!, catalog);
    const other = after === NOW ? NOW : (await snapshotNamed(after!, catalog)).id;
    await watched(context, backups, 'Compare', async (signal) => {
      if (name !== undefined) {
        const rows = await comparisons.rows(id, other, { table: name, offset, limit }, signal);
        return streamTo(context.terminal, rows, signal);
      }
      const comparison = await comparisons.compare(id, other, signal);
      context.answer(comparison, () => inWords(comparison, context.terminal.width('stdout')));
    });
  },
};

function inWords({ before, after, tables }: Comparison, width: number | undefined): string {
  const changed = tables.filter(isChanged);
  const between = `${before.id} (${before.at}) and ${after.id} (${after.at})`;
  if (changed.length === 0) return `Nothing differs between ${between}, in ${tables.length} tables.`;
  const shown = table(
    [
      { title: 'TABLE', value: ({ table: name }) => name },
      { title: 'BEFORE', value: ({ rows_before }) => count(rows_before), align: 'right' },
      { title: 'AFTER', value: ({ rows_after }) => count(rows_after), align: 'right' },
      { title: 'INSERTED', value: ({ inserted }) => count(inserted), align: 'right' },
      { title: 'UPDATED', value: ({ updated }) => count(updated), align: 'right' },
      { title: 'DELETED', value: ({ deleted }) => count(deleted), align: 'right' },
      { title: 'COLUMNS', value: columnsInWords, flexible: true },
    ],
    changed,
    width,
  );
  return `${changed.length} of ${tables.length} tables differ between ${between}:\n${shown}`;
}

const isChanged = (found: TableComparison): boolean =>
  !found.comparable ||
  found.rows_before === null ||
  found.rows_after === null ||
  [found.inserted, found.updated, found.deleted].some((changes) => (changes ?? 0) > 0) ||
  columnsInWords(found) !== '';

const columnsInWords = ({ columns_only_before, columns_only_after }: TableComparison): string =>
  [...columns_only_before.map((name) => `-${name}`), ...columns_only_after.map((name) => `+${name}`)].join(' ');

const count = (rows: number | null): string => (rows === null ? '-' : countInWords(rows));
