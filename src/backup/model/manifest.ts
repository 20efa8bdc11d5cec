import { BackupError } from './errors.js';
import { isSnapshotId } from './snapshot-id.js';
import { TRIGGER_TYPES, type Trigger } from './trigger.js';

export type SnapshotKind = 'full' | 'differential';

/** Why a snapshot is a full one. */
export const FULL_REASONS = [
  'requested',
  /** There is no full one of this UTC day yet. */
  'first_of_day',
  'schema_changed',
  /** The base's chunk index is missing, or not the one that was written for it. */
  'no_index',
  'base_damaged',
  /** The differential would have exceeded a third of its base. */
  'too_much_changed',
  'small_database',
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
}

/** The small `.meta.json` beside a snapshot: the truth about it. Written in this order of fields. */
export interface Manifest {
  format: 'nestjs-backup/manifest';
  version: 1;
  id: string;
  filename: string;
  kind: SnapshotKind;
  base: string | null;
  /** Null for a differential; absent in manifests written before there were any. */
  full_reason?: FullReason | null;
  plan: string;
  source: string;
  engine: string;
  created_at: string;
  duration_ms: number;
  trigger: Trigger;
  description: string | null;
  file_size_bytes: number;
  checksum: string;
  checksum_algorithm: 'SHA256';
  tables: Record<string, TableSummary>;
  database: DatabaseInfo;
  schema: SchemaInfo;
  app_version: string;
}

export const serialiseManifest = (manifest: Manifest): string => `${JSON.stringify(manifest, null, 2)}\n`;

const HEX_64 = /^[0-9a-f]{64}$/;

/**
 * Reads a manifest and refuses whatever does not look like one that this program wrote.
 * @param expectedId the id its file name promises
 * @throws BackupError `SNAPSHOT_CORRUPT`, naming what is wrong
 */
export function parseManifest(text: string, expectedId: string): Manifest {
  const manifest = parseJson(text, expectedId);
  const wrong = firstWrongField(manifest, expectedId);
  if (wrong) throw corrupt(expectedId, `its field "${wrong}" is missing or wrong`);
  return manifest as Manifest;
}

function parseJson(text: string, id: string): Partial<Manifest> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // said below
  }
  throw corrupt(id, 'it is not a JSON object');
}

function firstWrongField(m: Partial<Manifest>, expectedId: string): keyof Manifest | undefined {
  if (m.format !== 'nestjs-backup/manifest') return 'format';
  if (m.version !== 1) return 'version';
  if (m.id !== expectedId || !isSnapshotId(expectedId)) return 'id';
  if (typeof m.filename !== 'string' || !m.filename.startsWith(`${m.id}.`) || /[/\\\0]/.test(m.filename))
    return 'filename';
  if (m.kind !== 'full' && m.kind !== 'differential') return 'kind';
  if (m.kind === 'full' ? m.base !== null : !isBaseOf(expectedId, m.base)) return 'base';
  if (m.full_reason != null && !FULL_REASONS.includes(m.full_reason)) return 'full_reason';
  if (typeof m.plan !== 'string') return 'plan';
  if (typeof m.source !== 'string') return 'source';
  if (typeof m.engine !== 'string') return 'engine';
  if (typeof m.created_at !== 'string' || Number.isNaN(Date.parse(m.created_at))) return 'created_at';
  if (!Number.isFinite(m.duration_ms)) return 'duration_ms';
  if (!isTrigger(m.trigger)) return 'trigger';
  if (m.description !== null && typeof m.description !== 'string') return 'description';
  if (!isCount(m.file_size_bytes)) return 'file_size_bytes';
  if (typeof m.checksum !== 'string' || !HEX_64.test(m.checksum)) return 'checksum';
  if (m.checksum_algorithm !== 'SHA256') return 'checksum_algorithm';
  if (!isRecord(m.tables) || !Object.values(m.tables).every(isTableSummary)) return 'tables';
  if (!isRecord(m.database) || !isStrings([m.database.type, m.database.name, m.database.server_version])) {
    return 'database';
  }
  if (
    !isRecord(m.schema) ||
    typeof m.schema.fingerprint !== 'string' ||
    !isStrings(m.schema.ddl) ||
    !isStrings(m.schema.migrations)
  ) {
    return 'schema';
  }
  if (typeof m.app_version !== 'string') return 'app_version';
  return undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isStrings = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === 'string');

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** A snapshot that were its own base would be read in circles. */
const isBaseOf = (id: string, base: unknown): boolean => typeof base === 'string' && isSnapshotId(base) && base !== id;

const isTrigger = (value: unknown): boolean =>
  isRecord(value) &&
  TRIGGER_TYPES.some((type) => type === value['type']) &&
  (value['event'] === undefined || typeof value['event'] === 'string') &&
  (value['subjects'] === undefined || (Array.isArray(value['subjects']) && value['subjects'].every(isSubject)));

const isSubject = (value: unknown): boolean =>
  isRecord(value) && typeof value['role'] === 'string' && ['string', 'number'].includes(typeof value['user_id']);

const isTableSummary = (value: unknown): boolean =>
  isRecord(value) && isCount(value['rows']) && typeof value['sha256'] === 'string' && HEX_64.test(value['sha256']);

const corrupt = (id: string, why: string): BackupError =>
  new BackupError(
    'SNAPSHOT_CORRUPT',
    `The manifest of snapshot "${id}" cannot be trusted: ${why}. Use another snapshot.`,
  );
