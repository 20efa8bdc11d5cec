import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import Database from 'better-sqlite3';
import type { SnapshotRepository } from '../../src/backup/stores/snapshot.repository.js';
import { repositoryIn } from './repository-in.js';
import { nativeCaptureTask, nativeRestoreTask } from '../../src/backup/engines/native/native.tasks.js';
import type { CaptureFilesRequest } from '../../src/backup/engines/files/files.requests.js';
import type { CapturedDocument, CaptureRequest } from '../../src/backup/engines/database.engine.js';
import type { SnapshotEngine, StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { packArchiveTask } from '../../src/backup/engines/archive.task.js';
import { BackupError } from '../../src/backup/model/errors.js';
import {
  serialiseManifest,
  type DatabaseManifest,
  type FilesManifest,
  type Manifest,
} from '../../src/backup/model/manifest.js';
import { manifestName } from '../../src/backup/model/snapshot-id.js';
import { snapshotFromManifest, type Snapshot } from '../../src/backup/model/snapshot.js';
import { BundleEngine } from '../../src/backup/engines/bundle/bundle.engine.js';
import { NativeEngine } from '../../src/backup/engines/native/native.engine.js';
import { SnapshotEngines } from '../../src/backup/engines/snapshot.engines.js';
import { ofDatabase, ofFiles } from '../../src/backup/operations/stored-snapshots.js';
import { InlineEngine, InlineFilesEngine } from './inline-engines.js';
import { InlineHost, quiet } from './inline-tasks.js';
import { everyValue } from './sqlite-oracle.js';
import { describeTree } from './tree-oracle.js';

const DAY = '2026-01-30';
const COMMON = { plan: 'auto', trigger: { type: 'scheduled' }, description: null, app_version: '1.0.0' } as const;

/** What came of using a snapshot: what it gave, or why it was refused. */
export type Outcome = { gave: unknown } | { refused: string };

/**
 * A tiny backup folder with a snapshot of every kind, made and used without a process of its own: a full one and a differential of a database, one in the
 * database's own form, a full one and a differential of files, and one of both.
 */
export class StoredFolder {
  /** By id, in the order in which they were taken. */
  readonly manifests = new Map<string, Manifest>();
  private readonly engine = new InlineEngine();
  private readonly bundle = new BundleEngine(new InlineHost());
  private readonly files = new InlineFilesEngine();
  private sequence = 0;

  private constructor(readonly folder: string) {}

  static async make(): Promise<StoredFolder> {
    const stored = new StoredFolder(await mkdtemp(join(tmpdir(), 'stored-')));
    for (const folder of [stored.backups, join(stored.backups, 'archived'), stored.uploads]) await mkdir(folder);
    await stored.fill();
    await copyFile(stored.databasePath, stored.disturbedPath);
    const database = new Database(stored.disturbedPath);
    database.exec('DELETE FROM a; DELETE FROM b');
    database.close();
    return stored;
  }

  get backups(): string {
    return join(this.folder, 'backups');
  }

  /** All of it in one archive instead of regular snapshots. */
  async archive(): Promise<string> {
    const path = join(this.backups, 'archived', `archived_backups_${DAY.replaceAll('-', '')}.zip`);
    const items = [...this.manifests.values()].map((manifest) => ({
      manifest,
      manifestFile: { path: join(this.backups, manifestName(manifest.id)), entry: null },
      document: { path: join(this.backups, manifest.filename), entry: null },
    }));
    const { temporaryPath, damaged } = await packArchiveTask({ archivePath: path, items }, quiet());
    if (damaged.length > 0) throw new Error(damaged[0]!.message);
    await rename(temporaryPath, path);
    for (const { id, filename } of this.manifests.values())
      for (const name of [filename, manifestName(id)]) await rm(join(this.backups, name));
    return path;
  }

  /** What the folder says of a snapshot, read anew. */
  list(id: string, archive: string | null = null): Promise<Outcome> {
    return outcomeOf(async () => snapshotFromManifest(await this.read(id, archive), archive));
  }

  /** Whether it is what was written. */
  verify(id: string, archive: string | null = null): Promise<Outcome> {
    return outcomeOf(async () => {
      const snapshot = await this.locate(id, archive);
      const { manifest } = snapshot;
      const parts = manifest.source === 'full' ? manifest.parts : [];
      const manifests = await Promise.all(parts.map((part) => this.read(part, archive)));
      await this.engineOf(manifest).verify({ snapshot, parts: manifests });
      return null;
    });
  }

  /** The complete document. */
  extract(id: string, archive: string | null = null): Promise<Outcome> {
    return outcomeOf(async () => {
      const snapshot = await this.locate(id, archive);
      return text(await this.engineOf(snapshot.manifest).read({ view: 'document', snapshot }));
    });
  }

  /** Puts it over something else, and says what is there then; refused, everything has to be as before. */
  restore(id: string, archive: string | null = null): Promise<Outcome> {
    return outcomeOf(async () => {
      const snapshot = await this.locate(id, archive);
      if (snapshot.manifest.source === 'full') return snapshot.manifest.parts;
      return snapshot.manifest.source === 'files'
        ? this.restoreFiles(ofFiles(snapshot))
        : this.restoreDatabase(ofDatabase(snapshot));
    });
  }

  private engineOf(manifest: Manifest): SnapshotEngine<Manifest> {
    const engines = new SnapshotEngines({
      database: { json: this.engine, native: new NativeEngine(new InlineHost()) },
      files: { files: this.files },
      full: { parts: this.bundle },
    });
    return engines.of(manifest);
  }

  private async restoreDatabase(snapshot: StoredSnapshot): Promise<unknown> {
    const path = join(this.folder, 'restored.sqlite');
    await copyFile(this.disturbedPath, path);
    const request = { database: { ...this.target, path }, snapshot, tables: null, allowSchemaChanges: false };
    try {
      if (snapshot.manifest.engine === 'native') await nativeRestoreTask({ ...request, options: {} }, quiet());
      else await this.engine.restore(request);
      return everyValue(path);
    } catch (error) {
      if (JSON.stringify(everyValue(path)) !== JSON.stringify(everyValue(this.disturbedPath)))
        throw new Error('A refused restore left something else than was there before.', { cause: error });
      throw error;
    }
  }

  private async restoreFiles(snapshot: StoredSnapshot<FilesManifest>): Promise<unknown> {
    const to = join(this.folder, 'restored');
    await rm(to, { recursive: true, force: true });
    await this.files.restore({ snapshot, targets: { [this.uploads]: to } });
    return describeTree(to, { folderTimes: false });
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private get databasePath(): string {
    return join(this.folder, 'app.sqlite');
  }

  private get disturbedPath(): string {
    return join(this.folder, 'disturbed.sqlite');
  }

  private get uploads(): string {
    return join(this.folder, 'uploads');
  }

  private get target() {
    return { type: 'sqlite', path: this.databasePath, busyTimeoutMs: 5000, migrationsTable: 'migrations' } as const;
  }

  private get repository(): SnapshotRepository {
    return repositoryIn(this.backups);
  }

  private async read(id: string, archive: string | null): Promise<Manifest> {
    if (archive === null) {
      const found = await this.repository.readRegular(id);
      if ('problem' in found) throw new BackupError('SNAPSHOT_CORRUPT', found.problem);
      return found.manifest;
    }
    return this.repository.readManifest({ id, archive });
  }

  private async locate(id: string, archive: string | null): Promise<StoredSnapshot<Manifest>> {
    const manifest = await this.read(id, archive);
    const base = manifest.base === null ? null : await this.locate(manifest.base, archive);
    return { manifest, document: await this.repository.documentOf({ filename: manifest.filename, archive }), base };
  }

  private async fill(): Promise<void> {
    this.sql(`CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT NOT NULL DEFAULT 'x'); CREATE TABLE b (x REAL, y BLOB);
      CREATE INDEX a_v ON a (v); CREATE VIEW w AS SELECT v FROM a; WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30) INSERT INTO a SELECT i, 'value ' || i FROM n;
      INSERT INTO b VALUES (0.5, x'00ff')`);
    const full = await this.takeDatabase('auto_backup_20260130_000000', 'requested');
    this.sql(`UPDATE a SET v = 'zwei' WHERE id = 2; INSERT INTO a VALUES (31, 'neu')`);
    await this.takeDatabase('auto_backup_20260130_000001', {
      snapshot: full,
      indexPath: join(this.backups, `${full.manifest.id}.index`),
    });
    await this.takeNative('auto_backup_20260130_000002');
    await writeFile(join(this.uploads, 'a.txt'), 'first');
    await writeFile(join(this.uploads, 'same.txt'), 'stays');
    const base = await this.takeFiles('auto_backup_20260130_000003', 'requested', 'none');
    await writeFile(join(this.uploads, 'a.txt'), 'second');
    await this.takeFiles('auto_backup_20260130_000004', base, 'none');
    await this.takeFiles('auto_backup_20260130_000005', 'requested', 'gzip');
    await this.takeBoth('auto_backup_20260130_000006', [full.manifest, base.manifest]);
  }

  private sql(statements: string): void {
    const database = new Database(this.databasePath);
    database.exec(statements);
    database.close();
  }

  private async takeDatabase(id: string, base: CaptureRequest['base']): Promise<StoredSnapshot> {
    const request = this.captureRequest(id, '.json', base);
    const captured = await this.engine.capture(request);
    return this.publishDatabase(id, '.json', captured, typeof base === 'string' ? null : base.snapshot);
  }

  private async takeNative(id: string): Promise<StoredSnapshot> {
    const captured = await nativeCaptureTask({ ...this.captureRequest(id, '.db', 'engine'), options: {} }, quiet());
    return this.publishDatabase(id, '.db', captured, null);
  }

  private captureRequest(id: string, ending: string, base: CaptureRequest['base']): CaptureRequest {
    return {
      database: this.target,
      id,
      createdAt: createdAt(id),
      documentPath: join(this.backups, `${id}${ending}`),
      indexPath: join(this.backups, `${id}.index`),
      base,
      previous: null,
    };
  }

  private async publishDatabase(
    id: string,
    ending: string,
    captured: CapturedDocument,
    base: StoredSnapshot | null,
  ): Promise<StoredSnapshot> {
    const { tables, database, schema } = captured;
    const manifest: DatabaseManifest = {
      ...facts(id, ending, captured),
      source: 'database',
      engine: ending === '.db' ? 'native' : 'json',
      tables,
      database,
      schema,
    };
    return { ...(await this.publish(manifest, captured)), base: captured.kind === 'full' ? null : base };
  }

  private async takeFiles(
    id: string,
    base: CaptureFilesRequest['base'],
    compression: 'none' | 'gzip',
  ): Promise<StoredSnapshot<FilesManifest>> {
    const ending = compression === 'none' ? '.tar' : '.tar.gz';
    const captured = await this.files.capture({
      id,
      createdAt: createdAt(id),
      documentPath: join(this.backups, `${id}${ending}`),
      paths: [this.uploads],
      include: [],
      exclude: [],
      base,
      compression,
    });
    const manifest: FilesManifest = {
      ...facts(id, ending, captured),
      source: 'files',
      engine: 'files',
      tables: {},
      paths: [this.uploads],
      files: captured.files,
    };
    const under = typeof base === 'string' || captured.kind === 'full' ? null : base;
    return { ...(await this.publish(manifest, captured)), base: under };
  }

  private async takeBoth(id: string, parts: readonly Manifest[]): Promise<void> {
    const path = join(this.backups, `${id}.json`);
    const snapshots: Snapshot[] = parts.map((part) => snapshotFromManifest(part, null));
    const written = await this.bundle.capture({
      id,
      createdAt: createdAt(id),
      documentPath: path,
      parts: snapshots,
    });
    const manifest: Manifest = {
      ...facts(id, '.json', written),
      source: 'full',
      engine: 'parts',
      tables: {},
      parts: parts.map((part) => part.id),
    };
    await this.publish(manifest, written);
  }

  private async publish<M extends Manifest>(
    manifest: M,
    { temporaryPath, temporaryIndexPath }: Pick<CapturedDocument, 'temporaryPath' | 'temporaryIndexPath'>,
  ): Promise<Pick<StoredSnapshot<M>, 'manifest' | 'document'>> {
    const path = join(this.backups, manifest.filename);
    await rename(temporaryPath, path);
    if (temporaryIndexPath !== null) await rename(temporaryIndexPath, join(this.backups, `${manifest.id}.index`));
    const numbered = { ...manifest, sequence: ++this.sequence };
    await writeFile(join(this.backups, manifestName(manifest.id)), serialiseManifest(numbered));
    this.manifests.set(manifest.id, numbered);
    return { manifest: numbered, document: { path, entry: null } };
  }
}

const createdAt = (id: string): string => `${DAY}T00:00:0${id.at(-1)}.123Z`;

function facts(
  id: string,
  ending: string,
  captured: Pick<CapturedDocument, 'kind' | 'base' | 'fullReason' | 'durationMs' | 'sizeBytes' | 'checksum'>,
) {
  return {
    ...COMMON,
    format: 'nestjs-backup/manifest',
    version: 1,
    id,
    filename: `${id}${ending}`,
    kind: captured.kind,
    base: captured.base,
    full_reason: captured.fullReason,
    created_at: createdAt(id),
    duration_ms: captured.durationMs,
    file_size_bytes: captured.sizeBytes,
    checksum: captured.checksum,
    checksum_algorithm: 'SHA256',
  } as const;
}

/** Anything but a refusal with a name of its own is a fault of the program, and thrown. */
async function outcomeOf(work: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { gave: await work() };
  } catch (error) {
    if (error instanceof BackupError) return { refused: `${error.code}: ${error.message}` };
    throw error;
  }
}

/** Calls back with the file changed in one bit, for each of these bits, and puts it right again. */
export async function withEachBitFlipped(
  path: string,
  bits: Iterable<number>,
  work: (bit: number) => Promise<void>,
): Promise<void> {
  const sound = await readFile(path);
  try {
    for (const bit of bits) {
      const bytes = Buffer.from(sound);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      await writeFile(path, bytes);
      await work(bit);
    }
  } finally {
    await writeFile(path, sound);
  }
}
