import { withoutCounters } from './counters.js';
import type { Manifest, SnapshotKind, SourceKind, TableSummary } from './manifest.js';
import type { SnapshotWarning } from './snapshot-warning.js';
import type { Trigger } from './trigger.js';

/** Where a snapshot lies: in the backup folder, or inside a day's archive. */
export type SnapshotLocation = 'regular' | 'archived';

/** What people list and restore; the wire shape of `GET /admin/database/backups/{id}`. */
export interface Snapshot {
  id: string;
  filename: string;
  plan: string;
  /** The full snapshot, a database and files together, that this is a part of. */
  part_of: string | null;
  source: SourceKind;
  /** Which of the application's databases it is of; null for the default one, and for files. */
  data_source: string | null;
  /** Whether it holds only some tables of its database, as its plan says. */
  partial: boolean;
  engine: string;
  kind: SnapshotKind;
  base: string | null;
  trigger: Trigger;
  description: string | null;
  /** What the capture found, such as files that could not be read; empty when all is in it. */
  warnings: SnapshotWarning[];
  /** Place in the order of taking, which no clock changes; null in snapshots of versions that did not count. */
  sequence: number | null;
  created_at: string;
  duration_ms: number;
  size_bytes: number;
  checksum: string;
  checksum_algorithm: 'SHA256';
  /** The counters that the manifest lists beside them are no tables, and left out here. */
  tables: Record<string, TableSummary>;
  location: SnapshotLocation;
  /** File name of the archive it lies in, null for a regular one. */
  archive: string | null;
  pinned: boolean;
  verified_at: string | null;
  /** Result of the last verification; null when it was never checked since it was written. */
  is_valid: boolean | null;
}

/** What rules that archive and delete go by; of tens of thousands that is read at once. */
export type SnapshotOutline = Pick<
  Snapshot,
  | 'id'
  | 'created_at'
  | 'sequence'
  | 'location'
  | 'archive'
  | 'plan'
  | 'source'
  | 'base'
  | 'part_of'
  | 'size_bytes'
  | 'pinned'
  | 'is_valid'
> & { trigger: Pick<Trigger, 'type'> };

/** The snapshot a manifest describes, before anybody pinned, described or verified it. */
export function snapshotFromManifest(manifest: Manifest, archive: string | null): Snapshot {
  return {
    id: manifest.id,
    filename: manifest.filename,
    plan: manifest.plan,
    part_of: manifest.part_of ?? null,
    source: manifest.source,
    data_source: manifest.source === 'database' ? (manifest.data_source ?? null) : null,
    partial: manifest.source === 'database' && manifest.partial === true,
    engine: manifest.engine,
    kind: manifest.kind,
    base: manifest.base,
    trigger: manifest.trigger,
    description: manifest.description,
    warnings: manifest.warnings ?? [],
    sequence: manifest.sequence ?? null,
    created_at: manifest.created_at,
    duration_ms: manifest.duration_ms,
    size_bytes: manifest.file_size_bytes,
    checksum: manifest.checksum,
    checksum_algorithm: manifest.checksum_algorithm,
    tables: manifest.source === 'database' ? withoutCounters(manifest.database.type, manifest.tables) : manifest.tables,
    location: archive === null ? 'regular' : 'archived',
    archive,
    pinned: false,
    verified_at: null,
    is_valid: null,
  };
}
