import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { SnapshotKind, TableSummary } from '../model/manifest.js';
import type { Snapshot, SnapshotLocation } from '../model/snapshot.js';
import type { Trigger, TriggerType } from '../model/trigger.js';
import { flag, json, wholeNumber } from './column.transformers.js';

/** A snapshot as a row. Its columns are called as on the wire; the wide ones stand last, so that a scan need not read them. */
@Entity('backup_snapshots')
export class SnapshotRecord {
  @PrimaryColumn('varchar')
  id!: string;

  @Column('varchar')
  created_at!: string;

  @Column('varchar')
  location!: SnapshotLocation;

  @Column('varchar', { nullable: true })
  archive!: string | null;

  @Column('varchar')
  plan!: string;

  @Column('varchar')
  trigger_type!: TriggerType;

  @Column('varchar')
  kind!: SnapshotKind;

  @Column('varchar', { nullable: true })
  base!: string | null;

  @Column('bigint', { transformer: wholeNumber })
  size_bytes!: number;

  @Column('bigint', { transformer: wholeNumber })
  duration_ms!: number;

  @Column('integer', { transformer: flag })
  pinned!: boolean;

  @Column('varchar', { nullable: true })
  verified_at!: string | null;

  @Column('integer', { nullable: true, transformer: flag })
  is_valid!: boolean | null;

  @Column('varchar')
  filename!: string;

  @Column('varchar')
  source!: string;

  @Column('varchar')
  engine!: string;

  @Column('varchar')
  checksum!: string;

  @Column('text', { nullable: true })
  description!: string | null;

  /** What the manifest says; `description` is this unless somebody edited it. */
  @Column('text', { nullable: true })
  captured_description!: string | null;

  /** Lower-case text that `q` is looked for in. */
  @Column('text')
  search!: string;

  @Column('text', { transformer: json })
  trigger!: Trigger;

  @Column('text', { transformer: json })
  tables!: Record<string, TableSummary>;
}

export function snapshotOf(record: SnapshotRecord): Snapshot {
  const { trigger_type: _type, captured_description: _captured, search: _search, ...snapshot } = record;
  return { ...snapshot, checksum_algorithm: 'SHA256' };
}

/** @param capturedDescription what the manifest says, where that differs from what the snapshot says now */
export function recordOf(snapshot: Snapshot, capturedDescription = snapshot.description): SnapshotRecord {
  const { checksum_algorithm: _algorithm, ...columns } = snapshot;
  return {
    ...columns,
    created_at: new Date(snapshot.created_at).toISOString(),
    duration_ms: Math.round(snapshot.duration_ms),
    trigger_type: snapshot.trigger.type,
    captured_description: capturedDescription,
    search: searchText(snapshot),
  };
}

export function searchText({ id, description, trigger }: Pick<Snapshot, 'id' | 'description' | 'trigger'>): string {
  const subjects = (trigger.subjects ?? []).map(({ role, user_id }) => `${role} ${user_id}`);
  return [id, description ?? '', ...subjects].join('\n').toLowerCase();
}
