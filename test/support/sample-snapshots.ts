import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { writeArchive } from '../../src/backup/archive/archive.writer.js';
import type { SnapshotRepository } from '../../src/backup/stores/snapshot.repository.js';
import { serialiseManifest, type DatabaseManifest, type Manifest } from '../../src/backup/model/manifest.js';
import { documentName, manifestName } from '../../src/backup/model/snapshot-id.js';
import { FILE_MODE } from '../../src/backup/system/atomic-file.js';
import { temporaryPath } from '../../src/backup/system/temporary-file.js';

/** A process that has certainly ended: no system gives out ids this high. */
export const DEAD_PID = 2 ** 30;

export const documentText = (id: string): string => `{"format":"nestjs-backup/snapshot","id":"${id}"}\n`;

export function sampleManifest(id: string, changes: Partial<DatabaseManifest> = {}): DatabaseManifest {
  const document = documentText(id);
  return {
    format: 'nestjs-backup/manifest',
    version: 1,
    id,
    filename: documentName(id),
    kind: 'full',
    base: null,
    plan: 'auto',
    source: 'database',
    engine: 'json',
    created_at: '2026-01-30T12:00:00.000Z',
    duration_ms: 12,
    trigger: { type: 'scheduled' },
    description: null,
    file_size_bytes: Buffer.byteLength(document),
    checksum: createHash('sha256').update(document).digest('hex'),
    checksum_algorithm: 'SHA256',
    tables: { users: { rows: 2, sha256: 'a'.repeat(64) } },
    database: { type: 'sqlite', name: 'app.sqlite', server_version: '3.53.2' },
    schema: { fingerprint: 'b'.repeat(64), migrations: [], ddl: ['CREATE TABLE users (id INTEGER)'] },
    app_version: '1.0.0',
    ...changes,
  };
}

/** What an engine leaves behind: the finished document under its temporary name. */
export async function captureSample(repository: SnapshotRepository, id: string): Promise<string> {
  const aside = temporaryPath(repository.workspace.documentPath(documentName(id)), DEAD_PID);
  await writeFile(aside, documentText(id), { mode: FILE_MODE });
  return aside;
}

export async function publishSample(
  repository: SnapshotRepository,
  id: string,
  changes: Partial<DatabaseManifest> = {},
): Promise<Manifest> {
  const manifest = sampleManifest(id, changes);
  const temporaryDocument = await captureSample(repository, id);
  await repository.publishSnapshot({ manifest, temporaryDocument, temporaryIndex: null });
  return manifest;
}

/** Puts a day's archive in place; `extra` adds entries, or replaces those of the same name. */
export async function publishSampleArchive(
  repository: SnapshotRepository,
  filename: string,
  manifests: readonly Manifest[],
  extra: Readonly<Record<string, string>> = {},
): Promise<void> {
  const texts: Record<string, string> = {};
  for (const manifest of manifests) {
    texts[manifest.filename] = documentText(manifest.id);
    texts[manifestName(manifest.id)] = serialiseManifest(manifest);
  }
  const entries = Object.entries({ ...texts, ...extra }).map(([name, text]) => ({
    name,
    modifiedAt: new Date('2026-01-30T12:00:00Z'),
    open: () => Readable.from([Buffer.from(text)]),
  }));
  const aside = temporaryPath(repository.workspace.archivePath(filename));
  await writeArchive(aside, entries);
  await repository.publishArchive(aside, filename);
}

/** Writes a snapshot as two plain files, as copied back by hand. */
export async function placeSample(folder: string, id: string, changes: Partial<DatabaseManifest> = {}): Promise<void> {
  await writeFile(join(folder, documentName(id)), documentText(id));
  await writeFile(join(folder, manifestName(id)), serialiseManifest(sampleManifest(id, changes)));
}
