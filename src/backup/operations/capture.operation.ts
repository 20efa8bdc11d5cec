import { Injectable, Logger } from '@nestjs/common';
import { Catalog } from '../catalog/catalog.js';
import { Destination } from '../destinations/destination.js';
import { SnapshotEngine, type CapturedDocument } from '../engines/snapshot.engine.js';
import { BackupError } from '../model/errors.js';
import type { Job } from '../model/job.js';
import type { Manifest } from '../model/manifest.js';
import { snapshotFromManifest, type Snapshot } from '../model/snapshot.js';
import { documentName, snapshotId } from '../model/snapshot-id.js';
import type { Subject, Trigger } from '../model/trigger.js';
import { Clock } from '../system/clock.js';
import type { JobContext } from './job-run.js';
import { CaptureBases } from './capture-bases.js';
import { JobQueue } from './job.queue.js';
import { ResolvedOptions } from './resolved-options.js';

/** The built-in plan. */
export const AUTO_PLAN = 'auto';
const MB = 1024 * 1024;

export interface CaptureAsked {
  trigger: Trigger;
  /** @default 'auto' */
  plan?: string;
  kind?: 'full';
  description?: string | null;
  requestedBy?: string | null;
}

/** Takes a snapshot: checks that there is room, has the engine write it, publishes it, lists it. */
@Injectable()
export class CaptureOperation {
  private readonly logger = new Logger('Backup');

  constructor(
    private readonly queue: JobQueue,
    private readonly catalog: Catalog,
    private readonly destination: Destination,
    private readonly bases: CaptureBases,
    private readonly engine: SnapshotEngine,
    private readonly clock: Clock,
    private readonly options: ResolvedOptions,
  ) {}

  /**
   * Enqueues a capture. Events that pile up join the event capture that still waits, and a tick is skipped while an earlier one is at work; the job
   * that serves them is returned.
   * @throws BackupError `PLAN_NOT_FOUND`
   */
  async request(asked: CaptureAsked): Promise<Job> {
    const plan = asked.plan ?? AUTO_PLAN;
    if (plan !== AUTO_PLAN) {
      throw new BackupError('PLAN_NOT_FOUND', `There is no plan "${plan}". Known plans: ${AUTO_PLAN}.`);
    }
    const { trigger, requestedBy = null } = asked;
    const serving = this.jobServing(trigger);
    if (serving && trigger.type === 'event') return this.queue.retrigger(serving.id, joined(serving.trigger!, trigger));
    if (serving) return serving;
    return this.queue.submit({
      type: 'capture',
      lane: 'source',
      plan,
      trigger,
      requestedBy,
      run: async (context) => {
        const snapshot = await this.captureNow(context, { ...asked, trigger: context.job.trigger ?? trigger });
        context.setSnapshot(snapshot.id);
        return { size_bytes: snapshot.size_bytes, duration_ms: snapshot.duration_ms };
      },
    });
  }

  /** Captures within a job that runs already; `part` says which part of the job's progress this is. */
  async captureNow(
    context: JobContext,
    asked: CaptureAsked,
    part: [from: number, to: number] = [0, 1],
  ): Promise<Snapshot> {
    await this.assertRoom();
    const plan = asked.plan ?? AUTO_PLAN;
    const at = this.clock.now();
    const id = await this.freeId(plan, asked.trigger, at);
    const createdAt = at.toISOString();
    const document = await this.engine.capture(
      {
        database: this.options.database,
        id,
        createdAt,
        documentPath: this.destination.documentPath(documentName(id)),
        indexPath: this.destination.indexPath(id),
        ...(await this.bases.choose(plan, at, asked.kind)),
      },
      context.task(...part),
    );
    const manifest = this.manifest(document, { id, plan, createdAt, asked });
    await this.destination.publishSnapshot(document.temporaryPath, manifest, document.temporaryIndexPath);
    const snapshot = snapshotFromManifest(manifest, null);
    await this.catalog.addSnapshot(snapshot);
    this.bases.remember(id, document);
    this.logger.log(`Backup ${id}: ${document.kind}, ${inWords(document)}`);
    return snapshot;
  }

  private jobServing(trigger: Trigger): Job | undefined {
    const captures = this.queue.unfinished('capture');
    if (trigger.type === 'event') {
      return captures.find(
        (job) => job.status === 'pending' && job.trigger?.type === 'event' && job.trigger.event === trigger.event,
      );
    }
    return isTimed(trigger) ? captures.find((job) => job.trigger !== null && isTimed(job.trigger)) : undefined;
  }

  private async assertRoom(): Promise<void> {
    const { free_bytes } = await this.destination.diskSpace();
    if (free_bytes >= this.options.minFreeBytes) return;
    const [free, needed] = [free_bytes, this.options.minFreeBytes].map((bytes) => Math.floor(bytes / MB));
    throw new BackupError(
      'DISK_FULL',
      `The disk that holds the backups has ${free} MB free, a backup needs ${needed}; free some space or lower BACKUP_MIN_FREE_MB.`,
    );
  }

  private async freeId(plan: string, trigger: Trigger, at: Date): Promise<string> {
    const wanted = snapshotId(plan, trigger, at);
    let id = wanted;
    for (let next = 2; (await this.catalog.find(id)) !== null || (await this.destination.isTaken(id)); next++)
      id = `${wanted}_${next}`;
    return id;
  }

  private manifest(
    document: CapturedDocument,
    of: { id: string; plan: string; createdAt: string; asked: CaptureAsked },
  ): Manifest {
    return {
      format: 'nestjs-backup/manifest',
      version: 1,
      id: of.id,
      filename: documentName(of.id),
      kind: document.kind,
      base: document.base,
      full_reason: document.fullReason,
      plan: of.plan,
      source: 'database',
      engine: 'json',
      created_at: of.createdAt,
      duration_ms: document.durationMs,
      trigger: of.asked.trigger,
      description: of.asked.description ?? null,
      file_size_bytes: document.sizeBytes,
      checksum: document.checksum,
      checksum_algorithm: 'SHA256',
      tables: document.tables,
      database: document.database,
      schema: document.schema,
      app_version: this.options.appVersion,
    };
  }
}

const isTimed = ({ type }: Trigger): boolean => type === 'scheduled' || type === 'startup';

function joined(waiting: Trigger, further: Trigger): Trigger {
  const subjects = new Map<string, Subject>();
  for (const subject of [...(waiting.subjects ?? []), ...(further.subjects ?? [])]) {
    subjects.set(JSON.stringify([subject.role, subject.user_id]), subject);
  }
  return { ...waiting, subjects: [...subjects.values()] };
}

function inWords({ sizeBytes, durationMs }: CapturedDocument): string {
  const rate = sizeBytes / MB / (Math.max(durationMs, 1) / 1000);
  const size = sizeBytes < MB ? `${(sizeBytes / 1024).toFixed(1)} KB` : `${(sizeBytes / MB).toFixed(1)} MB`;
  return `${size} in ${durationMs} ms (${rate.toFixed(1)} MB/s)`;
}
