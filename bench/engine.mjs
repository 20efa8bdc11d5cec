import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineHost } from '../dist/backup/engines/engine-host.js';
import { JsonEngine } from '../dist/backup/engines/json/json.engine.js';
import { serialiseManifest } from '../dist/backup/model/manifest.js';

/**
 * Captures a database through the engine host, as the program does, without catalog and queue; a full snapshot.
 * @param database for its `target`
 * @param host one that keeps a child on standby is for its caller to close
 */
export async function capture(database, folder, host = new EngineHost()) {
  const [id, createdAt] = ['auto_backup_20260130_000000', '2026-01-30T00:00:00.000Z'];
  return (await captureAgainst(database, folder, { id, createdAt, host, base: 'requested', previous: null })).manifest;
}

async function captureAgainst(database, folder, { id, createdAt, host, base, previous }) {
  const documentPath = join(folder, `${id}.json`);
  const indexPath = join(folder, `${id}.index`);
  const captured = await new JsonEngine(host).capture({
    database: database.target,
    id,
    createdAt,
    documentPath,
    indexPath,
    base,
    previous,
  });
  await rename(captured.temporaryPath, documentPath);
  if (captured.temporaryIndexPath !== null) await rename(captured.temporaryIndexPath, indexPath);
  const manifest = manifestOf(captured, id, createdAt);
  await writeFile(join(folder, `${id}.meta.json`), serialiseManifest(manifest), { mode: 0o600 });
  return { manifest, state: captured.state };
}

/** Snapshots of one database, one after the other: a full one for each UTC day, and differentials, as the program takes them. */
export class Series {
  #base = null;
  #previous = null;
  #host = new EngineHost();

  constructor(database, folder) {
    this.database = database;
    this.folder = folder;
  }

  /** Takes one of any age; a program that is started on the folder finds it. @returns its manifest */
  async take(at) {
    const createdAt = at.toISOString();
    const day = createdAt.slice(0, 10);
    const id = idAt(at);
    const sameDay = this.#base?.manifest.created_at.slice(0, 10) === day;
    const base = sameDay
      ? { snapshot: this.#base, indexPath: join(this.folder, `${this.#base.manifest.id}.index`) }
      : 'first_of_day';
    const previous = sameDay ? this.#previous : null;
    const { manifest, state } = await captureAgainst(this.database, this.folder, {
      id,
      createdAt,
      host: this.#host,
      base,
      previous,
    });
    const document = { path: join(this.folder, manifest.filename), entry: null };
    if (manifest.kind === 'full') this.#base = { manifest, document, base: null };
    this.#previous = state === null ? null : { snapshot: { manifest, document, base: this.#base }, state };
    return manifest;
  }
}

/** The id of a planned snapshot of that moment. */
export const idAt = (at) => {
  const [day, time] = at.toISOString().slice(0, 19).split('T');
  return `auto_backup_${day.replaceAll('-', '')}_${time.replaceAll(':', '')}`;
};

const manifestOf = (captured, id, createdAt) => ({
  format: 'nestjs-backup/manifest',
  version: 1,
  id,
  filename: `${id}.json`,
  kind: captured.kind,
  base: captured.base,
  full_reason: captured.fullReason,
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
