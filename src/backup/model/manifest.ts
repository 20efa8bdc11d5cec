import { manifestChecksum } from './manifest-checksum.js';
import type { SnapshotWarning } from './snapshot-warning.js';
import type { Trigger } from './trigger.js';

export type SnapshotKind = 'full' | 'differential';

/** What is backed up. `full` is both others together. */
export const SOURCE_KINDS = ['database', 'files', 'full'] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

/** Why a snapshot is a full one. */
export const FULL_REASONS = [
  'requested',
  /** There is no full one of this UTC day yet. */
  'first_of_day',
  'schema_changed',
  /** Other paths, patterns or another compression than the base's. */
  'selection_changed',
  /** The base's chunk index is missing, or not the one that was written for it. */
  'no_index',
  'base_damaged',
  /** The differential would have exceeded a third of its base. */
  'too_much_changed',
  'small_database',
  /** The engine makes no others. */
  'engine',
] as const;
export type FullReason = (typeof FULL_REASONS)[number];

export interface DatabaseInfo {
  type: string;
  name: string;
  server_version: string;
}

/** Rows and digest of a table as materialised. */
export interface TableSummary {
  rows: number;
  /** SHA-256, hex, over the table's row lines: each row's JSON followed by one LF. */
  sha256: string;
}

export interface SchemaInfo {
  /** Equal for two captures exactly when tables, columns, types and keys are. */
  fingerprint: string;
  /** Names in the host's migrations table, in the order they ran. */
  migrations: string[];
  /** The statements that build tables, indexes, views and triggers, in the database's own order. */
  ddl: string[];
  /** What the database holds besides and no statement builds, in words. Absent where there is nothing. */
  left_out?: string[];
  /** Of a SQLite database: what its file says beside the schema; absent for others, and in manifests of earlier versions. */
  pragmas?: SqlitePragmas;
}

/** Named as SQLite names them: https://sqlite.org/pragma.html */
export interface SqlitePragmas {
  /** Counts migrations in some applications. */
  user_version: number;
  application_id: number;
  /** Bytes. */
  page_size: number;
  /** 0 none, 1 full, 2 incremental. */
  auto_vacuum: number;
  /** The modes that are not a file's but a connection's are `delete`. */
  journal_mode: 'wal' | 'delete';
}

/** What a files snapshot holds, as materialised. */
export interface FilesSummary {
  /** Regular files. */
  count: number;
  /** Their contents together. */
  size_bytes: number;
  /** SHA-256, hex, over the list of all entries, in its order. */
  sha256: string;
  /** What could not be captured, and why; at most the first 100. */
  skipped: { path: string; reason: string }[];
}

/** What every manifest says. */
interface AnyManifest {
  format: 'nestjs-backup/manifest';
  version: 1;
  id: string;
  /** Counts the snapshots of a folder in the order in which they were finished, from 1, whatever the clock said; absent in manifests of versions that did not count. */
  sequence?: number;
  filename: string;
  kind: SnapshotKind;
  base: string | null;
  /** Null for a differential; absent in manifests written before there were any. */
  full_reason?: FullReason | null;
  plan: string;
  /** The full snapshot that this is a part of; absent in others. */
  part_of?: string;
  source: SourceKind;
  engine: string;
  created_at: string;
  duration_ms: number;
  trigger: Trigger;
  description: string | null;
  /** What the capture found; absent where there was nothing to say. */
  warnings?: SnapshotWarning[];
  file_size_bytes: number;
  checksum: string;
  checksum_algorithm: 'SHA256';
  /** How the content became the stored bytes, which `file_size_bytes` and `checksum` are of; absent where they are the same. */
  codec?: string;
  /** Size and SHA-256, hex, of the content; absent where it is stored as it is. */
  content_bytes?: number;
  content_sha256?: string;
  tables: Record<string, TableSummary>;
  app_version: string;
  /** By which the installation that took it recognises it; absent where that had no key, and in manifests of earlier versions. */
  origin_hmac?: string;
}

/** A snapshot of a database. */
export interface DatabaseManifest extends AnyManifest {
  source: 'database';
  /** Which of the host's databases; absent for its only or default one. */
  data_source?: string;
  /** True when the plan captured only some tables. */
  partial?: boolean;
  database: DatabaseInfo;
  schema: SchemaInfo;
}

/** A snapshot of folders of files. */
export interface FilesManifest extends AnyManifest {
  source: 'files';
  /** The captured folders, as the plan names them. */
  paths: string[];
  /** The plan's patterns; absent where there were none. */
  include?: string[];
  exclude?: string[];
  files: FilesSummary;
}

/** A snapshot that holds a database and files: its document names its parts, which are snapshots of their own. */
export interface FullManifest extends AnyManifest {
  source: 'full';
  /** Ids, in the order they are restored. */
  parts: string[];
}

/** The small `.meta.json` beside a snapshot: the truth about it. */
export type Manifest = DatabaseManifest | FilesManifest | FullManifest;

/** What the content of a document has to be; the stored bytes are told by `file_size_bytes` and `checksum`. */
export const contentOf = ({
  content_bytes,
  content_sha256,
  file_size_bytes,
  checksum,
}: Pick<Manifest, 'content_bytes' | 'content_sha256' | 'file_size_bytes' | 'checksum'>) => ({
  bytes: content_bytes ?? file_size_bytes,
  sha256: content_sha256 ?? checksum,
});

/** What people look for first stands first, the long lists last. */
const WRITTEN_FIRST = [
  'format',
  'version',
  'id',
  'sequence',
  'filename',
  'kind',
  'base',
  'full_reason',
  'plan',
  'part_of',
  'source',
  'engine',
  'created_at',
  'duration_ms',
  'trigger',
  'description',
  'warnings',
  'file_size_bytes',
  'checksum',
  'checksum_algorithm',
  'codec',
  'content_bytes',
  'content_sha256',
  'app_version',
] as const satisfies (keyof AnyManifest)[];

/** The text of the file, with the checksum of its content at the end. */
export function serialiseManifest(manifest: Manifest): string {
  const first = WRITTEN_FIRST.flatMap((field) => (field in manifest ? [[field, manifest[field]] as const] : []));
  const ordered: Record<string, unknown> = { ...Object.fromEntries<unknown>(first), ...manifest };
  return `${JSON.stringify({ ...ordered, manifest_sha256: manifestChecksum(manifest) }, null, 2)}\n`;
}
