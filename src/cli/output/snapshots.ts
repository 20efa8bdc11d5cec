import { isDatedAhead, type Snapshot } from '../../backup/internals.js';
import { table, type Column } from './table.js';
import { ageInWords, countInWords, sizeInWords } from './units.js';

/** Rows of all tables; null where a snapshot has none, as one of files. */
export function rowsOf({ source, tables }: Pick<Snapshot, 'source' | 'tables'>): number | null {
  return source === 'database' ? Object.values(tables).reduce((sum, { rows }) => sum + rows, 0) : null;
}

/** `sound` and `DAMAGED` are what the last verification found; every snapshot was read back when it was written. */
export const soundness = ({ is_valid }: Pick<Snapshot, 'is_valid'>): string =>
  is_valid === null ? '-' : is_valid ? 'sound' : 'DAMAGED';

export function snapshotTable(snapshots: readonly Snapshot[], now: Date, width: number | undefined): string {
  const isOneDamaged = snapshots.some(({ is_valid }) => is_valid === false);
  const columns: Column<Snapshot>[] = [
    { title: 'ID', value: ({ id }) => id },
    {
      title: 'TAKEN',
      value: ({ created_at }) => (isDatedAhead(created_at, now) ? 'dated in the future' : ageInWords(created_at, now)),
    },
    { title: 'PLAN', value: ({ plan }) => plan, expendable: 1 }, // the id begins with it
    {
      title: 'KIND',
      value: ({ source, kind }) => (source === 'database' ? kind : `${source}, ${kind}`),
      flexible: true,
      expendable: 6,
    },
    { title: 'TRIGGER', value: ({ trigger }) => trigger.type, expendable: 3 },
    { title: 'SIZE', value: ({ size_bytes }) => sizeInWords(size_bytes), align: 'right' },
    { title: 'ROWS', value: (snapshot) => rowsInWords(snapshot), align: 'right', expendable: 2 },
    { title: 'VERIFIED', value: soundness, ...(isOneDamaged ? {} : { expendable: 5 }) },
    {
      title: 'NOTE',
      value: ({ warnings }) => [...new Set(warnings.map(({ code }) => code))].join(', '),
      flexible: true,
      expendable: 8,
    },
    {
      title: 'WHERE',
      value: ({ pinned, archive }) => [pinned && 'pinned', archive].filter(Boolean).join(', '),
      flexible: true,
      expendable: 4,
    },
    { title: 'DESCRIPTION', value: ({ description }) => description ?? '', flexible: true, expendable: 7 },
  ];
  const shown = columns.filter(({ title, value }) => !isOptional(title) || snapshots.some((row) => value(row) !== ''));
  return table(shown, snapshots, width);
}

const isOptional = (title: string): boolean => ['WHERE', 'DESCRIPTION', 'NOTE'].includes(title);

function rowsInWords(snapshot: Snapshot): string {
  const rows = rowsOf(snapshot);
  return rows === null ? '' : countInWords(rows);
}
