import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineHost } from '../dist/backup/engines/engine-host.js';
import { JsonEngine } from '../dist/backup/engines/json/json.engine.js';
import { serialiseManifest } from '../dist/backup/model/manifest.js';

/**
 * Captures a database through the engine host, as the program does, without catalog and queue.
 * @param options.host one that keeps a child on standby is for its caller to close
 */
export async function capture(
  database,
  folder,
  { id = 'auto_backup_20260130_000000', createdAt = '2026-01-30T00:00:00.000Z', host = new EngineHost() } = {},
) {
  const documentPath = join(folder, `${id}.json`);
  const captured = await new JsonEngine(host).capture({
    database: { type: 'sqlite', path: database, busyTimeoutMs: 5000, migrationsTable: 'migrations' },
    id,
    kind: 'full',
    base: null,
    createdAt,
    documentPath,
  });
  await rename(captured.temporaryPath, documentPath);
  return manifestOf(captured, id, createdAt);
}

/** Puts a snapshot of any age into a backup folder, where the program finds it at its next start. */
export async function plant(database, folder, { id, createdAt }) {
  const manifest = await capture(database, folder, { id, createdAt });
  await writeFile(join(folder, `${id}.meta.json`), serialiseManifest(manifest), { mode: 0o600 });
  return manifest;
}

const manifestOf = (captured, id, createdAt) => ({
  format: 'nestjs-backup/manifest',
  version: 1,
  id,
  filename: `${id}.json`,
  kind: 'full',
  base: null,
  plan: 'auto',
  source: 'database',
  engine: 'json',
  created_at: createdAt,
  duration_ms: captured.durationMs,
  trigger: { type: 'scheduled' },
  description: null,
  file_size_bytes: captured.sizeBytes,
  checksum: captured.checksum,
  checksum_algorithm: 'SHA256',
  tables: captured.tables,
  database: captured.database,
  schema: captured.schema,
  app_version: '0.0.0',
});
