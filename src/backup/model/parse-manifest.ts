import { BackupError } from './errors.js';
import {
  FULL_REASONS,
  type DatabaseManifest,
  type FilesManifest,
  type FullManifest,
  type Manifest,
} from './manifest.js';
import { manifestChecksum } from './manifest-checksum.js';
import { contradictsItsName, documentNames, isSnapshotId } from './snapshot-id.js';
import { TRIGGER_TYPES } from './trigger.js';

const HEX_64 = /^[0-9a-f]{64}$/;

/**
 * Reads a manifest and refuses whatever does not look like one that this program wrote.
 * @param expectedId the id its file name promises
 * @throws BackupError `SNAPSHOT_CORRUPT`, naming what is wrong
 */
export function parseManifest(text: string, expectedId: string): Manifest {
  const { manifest_sha256, ...manifest } = parseJson(text, expectedId);
  if (manifest_sha256 !== undefined && manifest_sha256 !== manifestChecksum(manifest))
    throw corrupt(
      expectedId,
      'its content does not match its own checksum, "manifest_sha256": it was changed or damaged',
    );
  // Whoever counts also writes the checksum: a manifest that lost it is damaged, not old.
  const lostChecksum = manifest.sequence !== undefined && manifest_sha256 === undefined;
  const wrong = lostChecksum ? 'manifest_sha256' : firstWrongField(manifest, expectedId);
  if (wrong) throw corrupt(expectedId, `its field "${wrong}" is missing or wrong`);
  // Where nothing proves the whole, a damaged time must not decide what is deleted.
  if (manifest_sha256 === undefined && contradictsItsName(expectedId, manifest.created_at!))
    throw corrupt(expectedId, `its "created_at" is not the time in its name`);
  return manifest as Manifest;
}

function parseJson(text: string, id: string): Partial<Manifest> & { manifest_sha256?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // said below
  }
  throw corrupt(id, 'it is not a JSON object');
}

type Field = keyof DatabaseManifest | keyof FilesManifest | keyof FullManifest;

function firstWrongField(m: Partial<Manifest>, expectedId: string): Field | undefined {
  if (m.format !== 'nestjs-backup/manifest') return 'format';
  if (m.version !== 1) return 'version';
  if (m.id !== expectedId || !isSnapshotId(expectedId)) return 'id';
  if (m.sequence !== undefined && !(isCount(m.sequence) && m.sequence > 0)) return 'sequence';
  if (typeof m.filename !== 'string' || !documentNames(expectedId).includes(m.filename)) return 'filename';
  if (m.kind !== 'full' && m.kind !== 'differential') return 'kind';
  if (m.kind === 'full' ? m.base !== null : !isOtherId(expectedId, m.base)) return 'base';
  if (m.full_reason != null && !FULL_REASONS.includes(m.full_reason)) return 'full_reason';
  if (typeof m.plan !== 'string') return 'plan';
  if (m.part_of !== undefined && !isOtherId(expectedId, m.part_of)) return 'part_of';
  if (typeof m.engine !== 'string') return 'engine';
  if (typeof m.created_at !== 'string' || Number.isNaN(Date.parse(m.created_at))) return 'created_at';
  if (!Number.isFinite(m.duration_ms)) return 'duration_ms';
  if (!isTrigger(m.trigger)) return 'trigger';
  if (m.description !== null && typeof m.description !== 'string') return 'description';
  if (m.warnings !== undefined && !isWarnings(m.warnings)) return 'warnings';
  if (!isCount(m.file_size_bytes)) return 'file_size_bytes';
  if (!isDigest(m.checksum)) return 'checksum';
  if (m.checksum_algorithm !== 'SHA256') return 'checksum_algorithm';
  if (m.codec !== undefined && typeof m.codec !== 'string') return 'codec';
  if (m.codec === undefined ? m.content_bytes !== undefined : !isCount(m.content_bytes)) return 'content_bytes';
  if (m.codec === undefined ? m.content_sha256 !== undefined : !isDigest(m.content_sha256)) return 'content_sha256';
  if (!isRecord(m.tables) || !Object.values(m.tables).every(isTableSummary)) return 'tables';
  const wrong = firstWrongOfSource(m, expectedId);
  if (wrong) return wrong;
  if (typeof m.app_version !== 'string') return 'app_version';
  if (m.origin_hmac !== undefined && !isDigest(m.origin_hmac)) return 'origin_hmac';
  return undefined;
}

function firstWrongOfSource(m: Partial<Manifest>, expectedId: string): Field | undefined {
  switch (m.source) {
    case 'database':
      if (!isRecord(m.database) || !isStrings([m.database.type, m.database.name, m.database.server_version]))
        return 'database';
      if (m.data_source !== undefined && typeof m.data_source !== 'string') return 'data_source';
      if (m.partial !== undefined && typeof m.partial !== 'boolean') return 'partial';
      return isSchema(m.schema) ? undefined : 'schema';
    case 'files':
      if (!isStrings(m.paths)) return 'paths';
      if (m.include !== undefined && !isStrings(m.include)) return 'include';
      if (m.exclude !== undefined && !isStrings(m.exclude)) return 'exclude';
      return isFilesSummary(m.files) ? undefined : 'files';
    case 'full':
      return Array.isArray(m.parts) && m.parts.every((part) => isOtherId(expectedId, part)) ? undefined : 'parts';
    case undefined:
    default:
      return 'source';
  }
}

const isSchema = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value['fingerprint'] === 'string' &&
  isStrings(value['ddl']) &&
  isStrings(value['migrations']) &&
  (value['left_out'] === undefined || isStrings(value['left_out'])) &&
  (value['pragmas'] === undefined || isPragmas(value['pragmas']));

const isPragmas = (value: unknown): boolean =>
  isRecord(value) &&
  ['user_version', 'application_id', 'page_size', 'auto_vacuum'].every((name) => Number.isSafeInteger(value[name])) &&
  ['wal', 'delete'].some((mode) => mode === value['journal_mode']);

const isFilesSummary = (value: unknown): boolean =>
  isRecord(value) &&
  isCount(value['count']) &&
  isCount(value['size_bytes']) &&
  isDigest(value['sha256']) &&
  Array.isArray(value['skipped']) &&
  value['skipped'].every((item) => isRecord(item) && isStrings([item['path'], item['reason']]));

const isWarnings = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => isRecord(item) && isStrings([item['code'], item['message']]));

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isStrings = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === 'string');

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** A snapshot that were its own base or part would be read in circles. */
const isOtherId = (id: string, other: unknown): boolean =>
  typeof other === 'string' && isSnapshotId(other) && other !== id;

const isTrigger = (value: unknown): boolean =>
  isRecord(value) &&
  TRIGGER_TYPES.some((type) => type === value['type']) &&
  (value['event'] === undefined || typeof value['event'] === 'string') &&
  (value['subjects'] === undefined || (Array.isArray(value['subjects']) && value['subjects'].every(isSubject)));

const isSubject = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value['role'] === 'string' &&
  ['string', 'number'].includes(typeof value['user_id']) &&
  ['string', 'undefined'].includes(typeof value['label']);

const isTableSummary = (value: unknown): boolean =>
  isRecord(value) && isCount(value['rows']) && isDigest(value['sha256']);

const isDigest = (value: unknown): boolean => typeof value === 'string' && HEX_64.test(value);

const corrupt = (id: string, why: string): BackupError =>
  new BackupError(
    'SNAPSHOT_CORRUPT',
    `The manifest of snapshot "${id}" cannot be trusted: ${why}. Use another snapshot.`,
  );
