import { EntitySchema } from 'typeorm';
import type { SnapshotKind, SourceKind, TableSummary } from '../model/manifest.js';
import type { Snapshot, SnapshotLocation } from '../model/snapshot.js';
import type { SnapshotWarning } from '../model/snapshot-warning.js';
import type { Trigger, TriggerType } from '../model/trigger.js';
import { flag, json, wholeNumber } from './column.transformers.js';

/** A snapshot as a row. Its columns are called as on the wire; the wide ones stand last, so that a scan need not read them. */
export class SnapshotRecord {
  id!: string;
  created_at!: string;
  sequence!: number | null;
  /** Place in the order of taking (model/order-of-taking.ts); null until that of one without a sequence number is known. */
  taken_order!: number | null;
  location!: SnapshotLocation;
  archive!: string | null;
  plan!: string;
  trigger_type!: TriggerType;
  kind!: SnapshotKind;
  base!: string | null;
  size_bytes!: number;
  duration_ms!: number;
  pinned!: boolean;
  verified_at!: string | null;
  is_valid!: boolean | null;
  filename!: string;
  part_of!: string | null;
  source!: SourceKind;
  data_source!: string | null;
  partial!: boolean;
  engine!: string;
  checksum!: string;
  description!: string | null;

  /** What the manifest says; `description` is this unless somebody edited it. */
  captured_description!: string | null;

  /** Lower-case text that `q` is looked for in. */
  search!: string;
  trigger!: Trigger;
  warnings!: SnapshotWarning[];
  tables!: Record<string, TableSummary>;
}

export const SNAPSHOTS = new EntitySchema<SnapshotRecord>({
  name: 'SnapshotRecord',
  target: SnapshotRecord,
  tableName: 'backup_snapshots',
  columns: {
    id: { type: 'varchar', primary: true },
    created_at: { type: 'varchar' },
    sequence: { type: 'bigint', nullable: true, transformer: wholeNumber },
    taken_order: { type: 'float', nullable: true },
    location: { type: 'varchar' },
    archive: { type: 'varchar', nullable: true },
    plan: { type: 'varchar' },
    trigger_type: { type: 'varchar' },
    kind: { type: 'varchar' },
    base: { type: 'varchar', nullable: true },
    size_bytes: { type: 'bigint', transformer: wholeNumber },
    duration_ms: { type: 'bigint', transformer: wholeNumber },
    pinned: { type: 'integer', transformer: flag },
    verified_at: { type: 'varchar', nullable: true },
    is_valid: { type: 'integer', nullable: true, transformer: flag },
    filename: { type: 'varchar' },
    part_of: { type: 'varchar', nullable: true },
    source: { type: 'varchar' },
    data_source: { type: 'varchar', nullable: true },
    partial: { type: 'integer', transformer: flag },
    engine: { type: 'varchar' },
    checksum: { type: 'varchar' },
    description: { type: 'text', nullable: true },
    captured_description: { type: 'text', nullable: true },
    search: { type: 'text' },
    trigger: { type: 'text', transformer: json },
    warnings: { type: 'text', transformer: json },
    tables: { type: 'text', transformer: json },
  },
});

export function snapshotOf(record: SnapshotRecord): Snapshot {
  const {
    trigger_type: _type,
    captured_description: _captured,
    search: _search,
    taken_order: _order,
    ...snapshot
  } = record;
  return { ...snapshot, checksum_algorithm: 'SHA256' };
}

/** @param capturedDescription what the manifest says, where that differs from what the snapshot says now */
export function recordOf(snapshot: Snapshot, capturedDescription = snapshot.description): SnapshotRecord {
  const { checksum_algorithm: _algorithm, ...columns } = snapshot;
  return {
    ...columns,
    created_at: new Date(snapshot.created_at).toISOString(),
    taken_order: snapshot.sequence,
    duration_ms: Math.round(snapshot.duration_ms),
    trigger_type: snapshot.trigger.type,
    captured_description: capturedDescription,
    search: searchText(snapshot),
  };
}

export function searchText({ id, description, trigger }: Pick<Snapshot, 'id' | 'description' | 'trigger'>): string {
  const subjects = (trigger.subjects ?? []).map(({ role, user_id, label = '' }) =>
    `${role} ${user_id} ${label}`.trimEnd(),
  );
  return [id, description ?? '', ...subjects].join('\n').toLowerCase();
}
