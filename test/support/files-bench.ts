import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FilesEngine } from '../../src/backup/engines/files/files.engine.js';
import { documentEnding } from '../../src/backup/engines/files/compression.js';
import type { CapturedFiles, CaptureFilesRequest } from '../../src/backup/engines/files/files.requests.js';
import { encodingFields } from '../../src/backup/engines/shared/document.output.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import type { FilesManifest } from '../../src/backup/model/manifest.js';
import { InlineFilesEngine } from './inline-engines.js';

type Chosen = Partial<Pick<CaptureFilesRequest, 'paths' | 'include' | 'exclude' | 'compression' | 'base' | 'codec'>>;

/** The files engine on its own: a folder to be captured, a folder of backups, and no catalog or queue. */
export class FilesBench<Engine extends Pick<FilesEngine, 'capture' | 'restore'> = InlineFilesEngine> {
  /** What the engine answered last. */
  lastCapture: CapturedFiles | null = null;
  private captures = 0;

  private constructor(
    readonly folder: string,
    readonly engine: Engine,
  ) {}

  static open(): Promise<FilesBench>;
  static open<Engine extends Pick<FilesEngine, 'capture' | 'restore'>>(engine: Engine): Promise<FilesBench<Engine>>;
  static async open(engine = new InlineFilesEngine()): Promise<FilesBench> {
    const bench = new FilesBench(await mkdtemp(join(tmpdir(), 'files-')), engine);
    for (const folder of [bench.uploads, bench.backups]) await mkdir(folder);
    return bench;
  }

  /** What is captured unless a test says otherwise. */
  get uploads(): string {
    return join(this.folder, 'uploads');
  }

  get backups(): string {
    return join(this.folder, 'backups');
  }

  request(chosen: Chosen = {}): CaptureFilesRequest {
    const id = `auto_backup_${this.captures + 1}`;
    const { compression = 'gzip' } = chosen;
    return {
      id,
      createdAt: '2026-01-30T12:00:00.000Z',
      documentPath: join(this.backups, `${id}${documentEnding(compression)}`),
      paths: [this.uploads],
      include: [],
      exclude: [],
      base: 'requested',
      ...chosen,
      compression,
    };
  }

  /** A snapshot as it is published, without a catalog. */
  async capture(chosen: Chosen = {}): Promise<StoredSnapshot<FilesManifest>> {
    const request = this.request(chosen);
    this.captures++;
    const captured = await this.engine.capture(request);
    this.lastCapture = captured;
    await rename(captured.temporaryPath, request.documentPath);
    if (captured.temporaryIndexPath !== null)
      await rename(captured.temporaryIndexPath, join(this.backups, `${request.id}.index`));
    const manifest: FilesManifest = {
      format: 'nestjs-backup/manifest',
      version: 1,
      id: request.id,
      filename: request.documentPath.slice(this.backups.length + 1),
      kind: captured.kind,
      base: captured.base,
      full_reason: captured.fullReason,
      plan: 'auto',
      source: 'files',
      engine: 'files',
      created_at: request.createdAt,
      duration_ms: captured.durationMs,
      trigger: { type: 'manual' },
      description: null,
      file_size_bytes: captured.sizeBytes,
      checksum: captured.checksum,
      checksum_algorithm: 'SHA256',
      ...encodingFields(captured.encoding),
      tables: {},
      paths: request.paths,
      files: captured.files,
      app_version: '0.0.0',
    };
    const base = captured.kind === 'full' || typeof request.base === 'string' ? null : request.base;
    return { manifest, document: { path: request.documentPath, entry: null }, base };
  }

  /** In place, unless another folder is named. */
  restore(snapshot: StoredSnapshot<FilesManifest>, target = this.uploads) {
    return this.engine.restore({ snapshot, targets: { [this.uploads]: target } });
  }

  async close(): Promise<void> {
    if (!existsSync(this.folder)) return;
    execFileSync('chmod', ['-R', 'u+rwX', this.folder]); // some tests make folders that may not be written to
    await rm(this.folder, { recursive: true, force: true });
  }
}
