import type { Repository, SelectQueryBuilder } from 'typeorm';
import { BackupError } from '../model/errors.js';
import type { SnapshotRecord } from './snapshot.record.js';

export const NEWEST_FIRST = { taken_order: 'DESC', created_at: 'DESC', id: 'DESC' } as const;

/** All snapshots as `s`, the one taken last first. */
export function newestFirst(rows: Repository<SnapshotRecord>): SelectQueryBuilder<SnapshotRecord> {
  const all = rows.createQueryBuilder('s');
  return all.orderBy('s.taken_order', 'DESC').addOrderBy('s.created_at', 'DESC').addOrderBy('s.id', 'DESC');
}

/** As the database gives them: turning tens of thousands of rows into records takes seconds. */
export function withColumns<Q extends SelectQueryBuilder<SnapshotRecord>>(query: Q, columns: readonly string[]): Q {
  query.select([]);
  for (const column of columns) query.addSelect(`s.${column}`, column);
  return query;
}

/** A LIKE pattern in which only our own `%` are special. */
export const containing = (text: string): string => `%${text.toLowerCase().replaceAll(/[!%_]/g, '!$&')}%`;

/** A time as rows write it. @throws BackupError `VALIDATION_FAILED` naming the field */
export function instant(field: string, text: string): string {
  const time = new Date(text);
  if (!Number.isNaN(time.getTime())) return time.toISOString();
  throw new BackupError(
    'VALIDATION_FAILED',
    `"${field}" must be a time in ISO 8601, for example 2026-01-30T12:00:00Z.`,
  );
}
