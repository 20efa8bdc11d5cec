import { Injectable, Logger } from '@nestjs/common';
import { Catalog } from '../catalog/catalog.js';
import { adviceOf } from '../model/advice.js';
import { asBackupError, BackupError } from '../model/errors.js';
import type { Job } from '../model/job.js';
import type { RestoreResult } from '../model/job-results.js';
import type { Snapshot } from '../model/snapshot.js';
import { isBundle, type Content } from '../model/sources.js';
import { Clock } from '../system/clock.js';
import { DatabaseRestorer } from './database.restorer.js';
import { FilesRestorer } from './files.restorer.js';
import type { JobContext } from './job-run.js';
import { JobQueue } from './job.queue.js';
import { MaintenanceMode } from './maintenance.js';
import { Plans } from './plans.js';
import type { RestoreChoices, Restored, Restorer } from './restorer.js';
import { SnapshotCapturer } from './snapshot-capturer.js';
import { partsOf, StoredSnapshots, type SnapshotSource } from './stored-snapshots.js';

/** A job that had to wait longer for its turn checks the snapshot again. */
const CHECK_STANDS_MS = 10_000;

/** Puts a snapshot back, and proves it: the source is then exactly as the snapshot says, or as it was. */
@Injectable()
export class RestoreOperation {
  private readonly logger = new Logger('Backup');
  private readonly own: SnapshotSource;
  private readonly restorers: Readonly<Record<Content, Restorer>>;

  constructor(
    private readonly queue: JobQueue,
    catalog: Catalog,
    snapshots: StoredSnapshots,
    private readonly capturer: SnapshotCapturer,
    private readonly plans: Plans,
    private readonly databases: DatabaseRestorer,
    files: FilesRestorer,
    private readonly maintenance: MaintenanceMode,
    private readonly clock: Clock,
  ) {
    this.own = { catalog, snapshots };
    this.restorers = { database: databases, files };
  }

  /**
   * Enqueues a restore; whatever can be refused is refused here, before anybody is told that it has begun.
   * @param from where the snapshot is looked for; the safety snapshot lies in the application's own folder all the same
   * @throws BackupError `CONFIRMATION_REQUIRED`, `SNAPSHOT_NOT_FOUND`, `TABLE_NOT_FOUND`, `SNAPSHOT_CORRUPT`, `ARCHIVE_CORRUPT`, `SCHEMA_MISMATCH` with `differences`
   */
  async request(
    id: string,
    choices: RestoreChoices,
    requestedBy: string | null,
    from: SnapshotSource = this.own,
  ): Promise<Job> {
    const snapshot = await from.catalog.get(id);
    if (choices.confirm !== id) {
      throw new BackupError('CONFIRMATION_REQUIRED', 'A restore replaces live data.', {
        snapshot_id: id,
        advice: ['confirm_restore'],
      });
    }
    assertChoices(snapshot, choices);
    await this.assertRestorable(from, id, choices);
    const checkedAt = this.clock.now().getTime();
    return this.queue.submit({
      type: 'restore',
      lane: 'source',
      snapshotId: id,
      requestedBy,
      run: (context) => this.restore(context, from, id, choices, checkedAt),
    });
  }

  private async assertRestorable(
    from: SnapshotSource,
    id: string,
    choices: RestoreChoices,
    context?: JobContext,
  ): Promise<void> {
    for (const part of await partsOf(from, id)) {
      const run = context?.task(0, 0.1, 'verify');
      const restorer = this.restorerOf(part);
      await from.snapshots.read(part.id, async (stored) =>
        choices.skipVerification
          ? restorer.assertAskable(stored, choices)
          : restorer.assertRestorable(stored, choices, run),
      );
    }
  }

  private async restore(
    context: JobContext,
    from: SnapshotSource,
    id: string,
    choices: RestoreChoices,
    checkedAt: number,
  ): Promise<Record<string, unknown>> {
    const startedAt = this.clock.now().getTime();
    if (choices.onlyIfEmpty && !(await this.databases.isEmpty())) throw filledMeanwhile();
    context.stage('verify');
    if (startedAt - checkedAt > CHECK_STANDS_MS && !choices.skipVerification)
      await this.assertRestorable(from, id, choices, context);
    const parts = await partsOf(from, id);
    const atRisk: Snapshot[] = [];
    for (const part of parts)
      if (await this.restorerOf(part).replaces(await from.snapshots.locate(part), choices)) atRisk.push(part);
    // Nobody writes from before the safety snapshot on: what it holds is all there is to lose.
    const { safety, restored } = await this.maintenance.during(context.fence, async () => ({
      safety:
        atRisk.length === 0 || choices.skipSafetySnapshot ? null : await this.safetySnapshot(context, from, id, parts),
      restored: await this.replaceData(context, from, parts, choices),
    }));
    context.stage('done');
    const requester = context.job.requested_by ?? 'unknown';
    const missing = restored.flatMap((part) => part.missing ?? []);
    this.logger.log(
      `Restored ${missing.length > 0 ? 'a part of ' : ''}${id} (requested by: ${requester}; ${safety ? `safety snapshot ${safety.id}` : 'without a safety snapshot'})`,
    );
    const result: RestoreResult = {
      tables: Object.assign({}, ...restored.map(({ tables }) => tables ?? {})) as RestoreResult['tables'],
      ...filesOf(restored),
      safety_snapshot_id: safety?.id ?? null,
      duration_ms: this.clock.now().getTime() - startedAt,
      warnings: [
        ...restored.flatMap(({ warnings }) => warnings),
        ...(safety || atRisk.length === 0
          ? []
          : ['No safety snapshot was taken, as requested: this restore cannot be undone.']),
      ],
    };
    if (missing.length > 0) throw incomplete(id, missing, result);
    return { ...result };
  }

  private async safetySnapshot(
    context: JobContext,
    from: SnapshotSource,
    id: string,
    parts: readonly Snapshot[],
  ): Promise<Snapshot> {
    context.stage('safety_snapshot');
    const manifests = await Promise.all(parts.map(async (part) => (await from.snapshots.locate(part)).manifest));
    try {
      return await this.capturer.capture({
        job: inOneStage(context, 'safety_snapshot'),
        plan: this.plans.forSafety(manifests),
        trigger: { type: 'safety' },
        description: `Before restoring ${id}`,
        progress: [0.1, 0.4],
      });
    } catch (thrown) {
      const error = asBackupError(thrown);
      if (error.code === 'LEASE_LOST') throw error;
      throw new BackupError(
        error.code,
        `The safety snapshot failed, so the restore was not started and nothing was changed: ${error.message}`,
        { ...error.details, advice: [...adviceOf(error.details), 'skip_safety_snapshot'] },
        { cause: error },
      );
    }
  }

  /** One part after the other; where a later one fails, the earlier ones stay restored, and the error says so. */
  private async replaceData(
    context: JobContext,
    from: SnapshotSource,
    parts: readonly Snapshot[],
    choices: RestoreChoices,
  ): Promise<Restored[]> {
    context.stage('restore');
    const restored: Restored[] = [];
    for (const [index, part] of parts.entries()) {
      const stored = await from.snapshots.locate(part);
      const [begin, end] = [index, index + 1].map((place) => 0.4 + (0.6 * place) / parts.length) as [number, number];
      try {
        restored.push(await this.restorerOf(part).restore(stored, choices, context.task(begin, end, 'restore')));
      } catch (error) {
        context.stage('rolled_back');
        throw index === 0 ? error : halfway(parts.slice(0, index), error);
      }
    }
    return restored;
  }

  /** @param part no bundle */
  private restorerOf({ source }: Snapshot): Restorer {
    return this.restorers[source as Content];
  }
}

/** What became of the files, where there were any. */
function filesOf(restored: readonly Restored[]): Pick<Restored, 'files'> {
  const files = restored.find((part) => part.files)?.files;
  return files ? { files } : {};
}

const filledMeanwhile = (): BackupError =>
  new BackupError('CANCELLED', 'The database is no longer empty: another process filled it. Nothing was changed.');

/** What came back stays: whoever restores into an empty database needs it, and has to know what else to look for. */
const incomplete = (id: string, missing: readonly string[], result: RestoreResult): BackupError =>
  new BackupError(
    'RESTORE_INCOMPLETE',
    `Snapshot "${id}" was restored, but not all of it: ${missing.length} ${missing.length === 1 ? 'thing is' : 'things are'} missing. ` +
      'The restored parts stay in the database. Resolve each problem, and restore again into an empty database; the snapshot is complete.',
    { missing, ...result },
  );

const halfway = (done: readonly Snapshot[], thrown: unknown): BackupError => {
  const error = asBackupError(thrown);
  const names = done.map(({ id }) => id).join(', ');
  return new BackupError(
    error.code,
    `${error.message} Already restored: ${names}. To undo that, restore the safety snapshot.`,
    error.details,
    { cause: error },
  );
};

function assertChoices(
  { id, source }: Snapshot,
  { tables, to, database, intoEmpty, skipSafetySnapshot }: RestoreChoices,
): void {
  if (database && !intoEmpty && !skipSafetySnapshot)
    throw new BackupError(
      'CONFIRMATION_REQUIRED',
      'No safety snapshot is taken of another database. Choose an empty database, or confirm that its rows may be lost.',
    );
  if (tables && isBundle(source))
    throw new BackupError(
      'VALIDATION_FAILED',
      `Snapshot "${id}" has several parts. To restore some tables only, restore its database part with "tables".`,
    );
  if (to !== undefined && source !== 'files')
    throw new BackupError(
      'VALIDATION_FAILED',
      `"to" is allowed only for snapshots of files; "${id}" is a snapshot of ${source}.`,
    );
}

/** Whatever stages a capture within a restore has of its own: to whoever watches the restore it is one. */
function inOneStage(context: JobContext, stage: string): JobContext {
  return {
    get job() {
      return context.job;
    },
    get fence() {
      return context.fence;
    },
    stage: () => undefined,
    setSnapshot: (id) => context.setSnapshot(id),
    task: (from, to) => {
      const run = context.task(from, to);
      return { ...run, onProgress: ({ progress }) => run.onProgress?.({ stage, progress }) };
    },
  };
}
