import { text } from 'node:stream/consumers';
import type { Comparison } from '../../backup/internals.js';
import type { CliCommand } from '../command.js';
import { wholeNumber } from '../option-values.js';
import { changedRowsInWords } from '../output/changed-rows.js';
import { changesInWords, isChanged } from '../output/changes.js';
import { REFERENCE_IN_WORDS, snapshotNamed } from '../snapshot-reference.js';
import { streamTo } from '../stream-to.js';
import { watched } from '../watched.js';

const NOW = 'now';
const ROWS_FOR_PEOPLE = 100;
const LARGEST_PAGE = 10_000;

export const diff: CliCommand = {
  name: 'diff',
  summary: 'Shows what changed between a snapshot and a later one, or the live database.',
  examples: [
    'diff newest',
    'diff newest now --table users',
    'diff newest now --table users --json',
    'diff newest:auto newest --json',
  ],
  configure: (command) =>
    command
      .argument('<before>', REFERENCE_IN_WORDS)
      .argument('[after]', 'the snapshot to compare with, or "now" for the live database', NOW)
      .option('--table <name>', 'show the changed rows of this table')
      .option('--offset <count>', 'with --table: skip this many rows', wholeNumber(0), 0)
      .option(
        '--limit <count>',
        `with --table: show at most this many rows (default: ${ROWS_FOR_PEOPLE}, with --json ${LARGEST_PAGE})`,
        wholeNumber(1),
      ),
  async run(context, [before, after], options) {
    const { table: name, offset, limit: asked } = options as { table?: string; offset: number; limit?: number };
    const { json } = context.global;
    const limit = asked ?? (json ? LARGEST_PAGE : ROWS_FOR_PEOPLE);
    const backups = await context.open('read');
    const { catalog, comparisons } = backups;
    const { id } = await snapshotNamed(before!, catalog);
    const other = after === NOW ? NOW : (await snapshotNamed(after!, catalog)).id;
    await watched(context, backups, 'Compare', async (signal) => {
      if (name !== undefined) {
        const rows = await comparisons.rows(id, other, { table: name, offset, limit }, signal);
        if (json) return streamTo(context.terminal, rows, signal);
        return context.terminal.print(changedRowsInWords(await text(rows)));
      }
      const comparison = await comparisons.compare(id, other, signal);
      context.answer(comparison, () => inWords(comparison, context.terminal.width('stdout')));
    });
  },
};

function inWords(comparison: Comparison, width: number | undefined): string {
  const { before, after, tables } = comparison;
  const changed = tables.filter(isChanged);
  const between = `${before.id} (${before.at}) and ${after.id} (${after.at})`;
  if (changed.length === 0) return `No differences between ${between} in ${tables.length} tables.`;
  return `${changed.length} of ${tables.length} tables differ between ${between}:\n${changesInWords(comparison, width)}`;
}
