import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseTarget, SqliteTarget } from '../../src/backup/engines/database-target.js';
import { EngineHost } from '../../src/backup/engines/engine-host.js';
import { JsonEngine } from '../../src/backup/engines/json/json.engine.js';
import { NativeEngine } from '../../src/backup/engines/native/native.engine.js';
import { encodingFields } from '../../src/backup/engines/shared/document.output.js';
import type { CapturedDocument, CaptureRequest, DatabaseEngine } from '../../src/backup/engines/database.engine.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import type { DatabaseManifest } from '../../src/backup/model/manifest.js';

/** An engine on its own, the JSON one unless told otherwise: a folder, a database in it, and captures without catalog or queue. */
export class EngineBench {
  /** What the engine answered last. */
  lastCapture: CapturedDocument | null = null;
  /** The codec of the documents that it takes from now on. */
  codec: string | undefined;
  private captures = 0;

  private constructor(
    readonly folder: string,
    readonly engine: DatabaseEngine,
  ) {}

  static async open(engine: DatabaseEngine = new JsonEngine(new EngineHost())): Promise<EngineBench> {
    return new EngineBench(await mkdtemp(join(tmpdir(), 'engine-')), engine);
  }

  get databasePath(): string {
    return join(this.folder, 'app.sqlite');
  }

  get target(): SqliteTarget {
    return { type: 'sqlite', path: this.databasePath, busyTimeoutMs: 5000, migrationsTable: 'migrations' };
  }

  /** A full snapshot. */
  capture(target: DatabaseTarget = this.target): Promise<StoredSnapshot> {
    return this.take(target, 'requested', null, null);
  }

  /** A full snapshot of these tables only. */
  captureOnly(tables: string[], target: DatabaseTarget = this.target): Promise<StoredSnapshot> {
    return this.take(target, 'requested', null, null, tables);
  }

  /** A differential against this base, unless the engine finds that a full one is needed. */
  captureAgainst(
    base: StoredSnapshot,
    previous: CaptureRequest['previous'] = null,
    target: DatabaseTarget = this.target,
  ): Promise<StoredSnapshot> {
    return this.take(target, { snapshot: base, indexPath: this.indexPath(base.manifest.id) }, base, previous);
  }

  indexPath(id: string): string {
    return join(this.folder, `${id}.index`);
  }

  private async take(
    target: DatabaseTarget,
    against: CaptureRequest['base'],
    base: StoredSnapshot | null,
    previous: CaptureRequest['previous'],
    tables?: string[],
  ): Promise<StoredSnapshot> {
    const id = `auto_backup_${++this.captures}`;
    const filename = `${id}${this.engine.documentEnding(target)}`;
    const documentPath = join(this.folder, filename);
    const createdAt = '2026-01-30T12:00:00.000Z';
    const captured = await this.engine.capture({
      database: target,
      id,
      createdAt,
      documentPath,
      indexPath: this.indexPath(id),
      base: against,
      previous,
      ...(tables === undefined ? {} : { tables }),
      ...(this.codec === undefined ? {} : { codec: this.codec }),
    });
    this.lastCapture = captured;
    await rename(captured.temporaryPath, documentPath);
    if (captured.temporaryIndexPath !== null) await rename(captured.temporaryIndexPath, this.indexPath(id));
    const manifest: DatabaseManifest = {
      format: 'nestjs-backup/manifest',
      version: 1,
      id,
      filename,
      kind: captured.kind,
      base: captured.base,
      full_reason: captured.fullReason,
      plan: 'auto',
      source: 'database',
      engine: this.engine instanceof NativeEngine ? 'native' : 'json',
      ...(tables === undefined ? {} : { partial: true }),
      created_at: createdAt,
      duration_ms: captured.durationMs,
      trigger: { type: 'manual' },
      description: null,
      file_size_bytes: captured.sizeBytes,
      checksum: captured.checksum,
      checksum_algorithm: 'SHA256',
      ...encodingFields(captured.encoding),
      tables: captured.tables,
      database: captured.database,
      schema: captured.schema,
      app_version: '0.0.0',
    };
    return { manifest, document: { path: documentPath, entry: null }, base: captured.kind === 'full' ? null : base };
  }

  restore(
    snapshot: StoredSnapshot,
    options: { tables?: string[]; allowSchemaChanges?: boolean; target?: DatabaseTarget } = {},
  ) {
    const { tables = null, allowSchemaChanges = false, target = this.target } = options;
    return this.engine.restore({ database: target, snapshot, tables, allowSchemaChanges });
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
