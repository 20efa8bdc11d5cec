import type { RestoreTarget } from '../../backup/internals.js';
import { plainText } from '../output/plain-text.js';
import { rowsOf } from '../output/snapshots.js';
import { ageInWords, countInWords, countOf, sizeInWords, timeInWords } from '../output/units.js';
import type { PlannedRestore, RestoreOptions } from './restore.plan.js';

const MOST_TABLES = 8;

/** What a restore is going to do, in the order it is done. */
export function stepsOf({ snapshot, parts, choices }: PlannedRestore, asked: RestoreOptions): string {
  const { id, created_at, kind, plan, size_bytes } = snapshot;
  const steps = [
    asked.verify ? 'The snapshot is read and compared with its checksum.' : null,
    safetyStep(choices.intoEmpty === true, asked),
    choices.trustSchema ? 'The statements of its schema are run unchanged, as requested.' : null,
    ...parts.map((part) => replaceStep(part, choices)),
  ].filter((step) => step !== null);
  return [
    `Restore of ${id}`,
    `  taken ${timeInWords(created_at)}, ${ageInWords(created_at, new Date())}; plan ${plainText(plan)}, ${kind}, ${sizeInWords(size_bytes)}`,
    ...contents({ snapshot, choices }),
    ...steps.map((step, index) => `  ${index + 1}. ${plainText(step)}`),
  ].join('\n');
}

function contents({ snapshot, choices }: Pick<PlannedRestore, 'snapshot' | 'choices'>): string[] {
  const all = Object.entries(snapshot.tables);
  if (all.length === 0) return [];
  const chosen = choices.tables ? all.filter(([name]) => choices.tables!.includes(name)) : all;
  const rows = rowsOf({ source: snapshot.source, tables: Object.fromEntries(chosen) }) ?? 0;
  const named = chosen.slice(0, MOST_TABLES).map(([name, table]) => `${plainText(name)} ${countInWords(table.rows)}`);
  const more = chosen.length > MOST_TABLES ? `, and ${chosen.length - MOST_TABLES} more` : '';
  return [
    `  ${chosen.length} of its ${countOf(all.length, 'table')}, ${countOf(rows, 'row')}: ${named.join(', ')}${more}`,
  ];
}

function safetyStep(intoEmpty: boolean, { safety, to }: RestoreOptions): string | null {
  if (intoEmpty || (to !== undefined && safety)) return null;
  if (!safety) return 'No safety snapshot is taken, as requested: this CANNOT be undone.';
  return 'A safety snapshot of the current data is taken, so that this can be undone.';
}

function replaceStep(part: RestoreTarget, { tables, intoEmpty }: PlannedRestore['choices']): string {
  if (part.source === 'files')
    return `The files are restored to ${part.into.join(', ')}: each is checked, then all are swapped in together.`;
  const what = tables ? `The rows of ${tables.join(', ')}` : 'All rows';
  const proof = 'compared with the snapshot, and only then committed';
  if (!intoEmpty) return `${what} in ${part.into} are replaced, ${proof}.`;
  const state = { missing: 'is created', no_tables: 'is empty', no_rows: 'has no rows', rows: '', unknown: '' }[
    part.occupancy
  ];
  return `${part.into} ${state}: missing tables are created, all are filled, ${proof}.`;
}
