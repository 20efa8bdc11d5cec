import { Injectable, Logger } from '@nestjs/common';
import { rm } from 'node:fs/promises';
import { Catalog } from '../catalog/catalog.js';
import { SnapshotRepository } from '../stores/snapshot.repository.js';
import { encodingFields } from '../engines/shared/document.output.js';
import type { CapturedFile } from '../engines/snapshot.engine.js';
import { BackupError } from '../model/errors.js';
import type { Manifest } from '../model/manifest.js';
import type { Plan } from '../model/plan.js';
import { documentName, snapshotId, type DocumentEnding } from '../model/snapshot-id.js';
import { snapshotFromManifest, type Snapshot } from '../model/snapshot.js';
import type { Content } from '../model/sources.js';
import type { Trigger } from '../model/trigger.js';
import { Clock } from '../system/clock.js';
import { hasRoom } from '../system/disk-space.js';
import type { JobContext } from './job-run.js';
import { OriginKey } from './origin-key.js';
import { ResolvedOptions } from './resolved-options.js';

const MB = 1_000_000;

/** One capture within a job that runs. */
export interface CaptureContext {
  /** The job that captures. */
  job: JobContext;
  plan: Plan;
  trigger: Trigger;
  description: string | null;
  /** Asks for one that stands alone. */
  kind?: 'full' | undefined;
  /** Which part of the job's progress this is. */
  progress: [from: number, to: number];
  /** The snapshot of several parts that this becomes one of. */
  partOf?: string;
}

export interface NamedSnapshot {
  id: string;
  filename: string;
  createdAt: Date;
  /** Final path of the document. */
  documentPath: string;
}

/** What every capture does before and after its engine: checks that there is room, finds a name, publishes, lists. */
@Injectable()
export class SnapshotPublisher {
  private readonly logger = new Logger('Backup');
  /** Names of captures at work, which neither the catalog nor the folder may know yet, and whose they are. */
  private readonly reserved = new Map<string, JobContext>();

  constructor(
    private readonly catalog: Catalog,
    private readonly repository: SnapshotRepository,
    private readonly clock: Clock,
    private readonly options: ResolvedOptions,
    private readonly origin: OriginKey,
  ) {}

  /** @throws BackupError `DISK_FULL`, `FOLDER_NOT_WRITABLE` */
  async assertRoom(): Promise<void> {
    const trouble = await this.repository.trouble();
    if (trouble !== null) throw new BackupError('FOLDER_NOT_WRITABLE', trouble);
    const space = await this.repository.diskSpace();
    const { free_bytes } = space;
    if (hasRoom(space, this.options.minFreeBytes)) return;
    const [free, needed] = [free_bytes, this.options.minFreeBytes].map((bytes) => Math.floor(bytes / MB));
    throw new BackupError(
      'DISK_FULL',
      `The disk that holds the backups has ${free} MB free, but a backup needs ${needed}. Free some space or lower BACKUP_MIN_FREE_MB.`,
    );
  }

  /** A name that nothing in the catalog or the folder has, and no other capture gets until {@link release}. */
  async name({ job, plan, trigger, partOf }: CaptureContext, ending: DocumentEnding): Promise<NamedSnapshot> {
    const createdAt = this.clock.now();
    const part = partOf === undefined ? undefined : (plan.source as Content);
    const wanted = snapshotId(plan.name, trigger, createdAt, part);
    let id = wanted;
    for (let next = 2; !(await this.reserve(id, job)); next++) id = `${wanted}_${next}`;
    const filename = documentName(id, ending);
    return { id, filename, createdAt, documentPath: this.repository.workspace.documentPath(filename) };
  }

  /** Gives back the names of a capture that has ended: what it published has its own by now. */
  release({ job }: CaptureContext): void {
    for (const [id, owner] of this.reserved) if (owner === job) this.reserved.delete(id);
  }

  /** Reserved first, looked for then: what another capture publishes meanwhile is found in either place. */
  private async reserve(id: string, job: JobContext): Promise<boolean> {
    if (this.reserved.has(id)) return false;
    this.reserved.set(id, job);
    if ((await this.catalog.find(id)) === null && !(await this.repository.isTaken(id))) return true;
    this.reserved.delete(id);
    return false;
  }

  /** What the manifest of a captured file says whatever its source. */
  manifestOf({ plan, trigger, description, partOf }: CaptureContext, named: NamedSnapshot, file: CapturedFile) {
    return {
      format: 'nestjs-backup/manifest',
      version: 1,
      id: named.id,
      filename: named.filename,
      kind: file.kind,
      base: file.base,
      full_reason: file.fullReason,
      plan: plan.name,
      ...(partOf === undefined ? {} : { part_of: partOf }),
      created_at: named.createdAt.toISOString(),
      duration_ms: file.durationMs,
      trigger,
      description,
      ...(file.warnings?.length ? { warnings: file.warnings } : {}),
      file_size_bytes: file.sizeBytes,
      checksum: file.checksum,
      checksum_algorithm: 'SHA256',
      ...encodingFields(file.encoding),
      app_version: this.options.appVersion,
    } as const;
  }

  async publish({ job }: CaptureContext, file: CapturedFile, manifest: Manifest): Promise<Snapshot> {
    let snapshot: Snapshot;
    try {
      snapshot = await job.fence.whileHeld(async () => {
        const sequence = await this.catalog.nextSequence();
        const numbered = await this.origin.sign(sequence === null ? manifest : { ...manifest, sequence });
        await this.repository.publishSnapshot({
          manifest: numbered,
          temporaryDocument: file.temporaryPath,
          temporaryIndex: file.temporaryIndexPath,
        });
        const published = snapshotFromManifest(numbered, null);
        await this.catalog.addSnapshot(published);
        return published;
      });
    } catch (error) {
      for (const path of [file.temporaryPath, file.temporaryIndexPath])
        if (path !== null) await rm(path, { force: true });
      throw error;
    }
    this.logger.log(`Backup ${manifest.id}: ${file.kind}, ${inWords(file)}`);
    for (const { message } of snapshot.warnings) this.logger.warn(`Backup ${manifest.id}: ${message}`);
    return snapshot;
  }
}

function inWords({ sizeBytes, durationMs }: CapturedFile): string {
  const rate = sizeBytes / MB / (Math.max(durationMs, 1) / 1000);
  const size = sizeBytes < MB ? `${(sizeBytes / 1000).toFixed(1)} kB` : `${(sizeBytes / MB).toFixed(1)} MB`;
  return `${size} in ${durationMs} ms (${rate.toFixed(1)} MB/s)`;
}
