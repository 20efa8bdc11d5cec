import { Injectable, Logger } from '@nestjs/common';
import { Catalog } from '../catalog/catalog.js';
import { SnapshotEngine, type RestoreOutcome } from '../engines/snapshot.engine.js';
import { asBackupError, BackupError } from '../model/errors.js';
import type { Job } from '../model/job.js';
import type { Snapshot } from '../model/snapshot.js';
import type { TaskRun } from '../system/child-task.js';
import { Clock } from '../system/clock.js';
import { CaptureOperation } from './capture.operation.js';
import type { JobContext } from './job-run.js';
import { JobQueue } from './job.queue.js';
import { MaintenanceMode } from './maintenance.js';
import { ResolvedOptions } from './resolved-options.js';
import { StoredSnapshots } from './stored-snapshots.js';

/** A job that had to wait longer for its turn checks the snapshot again. */
const CHECK_STANDS_MS = 10_000;

export interface RestoreChoices {
  /** The id once more, typed by a person. */
  confirm: string;
  /** Restore although the present state cannot be, or need not be, kept. */
  skipSafetySnapshot?: boolean;
  /** Only these tables. @default all */
  tables?: string[];
  /** Let columns that the snapshot lacks take their default, and leave out what the live schema no longer has. */
  allowSchemaChanges?: boolean;
}

/** Puts a snapshot back, and proves it: the database is then exactly as the snapshot says, or as it was. */
@Injectable()
export class RestoreOperation {
  private readonly logger = new Logger('Backup');

  constructor(
    private readonly queue: JobQueue,
    private readonly catalog: Catalog,
    private readonly snapshots: StoredSnapshots,
    private readonly captures: CaptureOperation,
    private readonly engine: SnapshotEngine,
    private readonly maintenance: MaintenanceMode,
    private readonly clock: Clock,
    private readonly options: ResolvedOptions,
  ) {}

  /**
   * Enqueues a restore; whatever can be refused is refused here, before anybody is told that it has begun.
   * @throws BackupError `CONFIRMATION_REQUIRED`, `SNAPSHOT_NOT_FOUND`, `TABLE_NOT_FOUND`, `SNAPSHOT_CORRUPT`, `ARCHIVE_CORRUPT`, `SCHEMA_MISMATCH` with `differences`
   */
  async request(id: string, choices: RestoreChoices, requestedBy: string | null): Promise<Job> {
    const snapshot = await this.catalog.get(id);
    if (choices.confirm !== id) {
      throw new BackupError(
        'CONFIRMATION_REQUIRED',
        `A restore replaces live data. To confirm it, send "confirm": "${id}".`,
      );
    }
    assertTables(snapshot, choices.tables);
    await this.assertRestorable(id, choices);
    const checkedAt = this.clock.now().getTime();
    return this.queue.submit({
      type: 'restore',
      lane: 'source',
      snapshotId: id,
      requestedBy,
      run: (context) => this.restore(context, id, choices, checkedAt),
    });
  }

  private assertRestorable(id: string, choices: RestoreChoices, run?: TaskRun): Promise<void> {
    return this.snapshots.read(id, async (snapshot) => {
      const differences = await this.engine.checkRestorable(
        { database: this.options.database, snapshot, tables: choices.tables ?? null },
        run,
      );
      if (differences.length === 0 || choices.allowSchemaChanges) return;
      throw new BackupError(
        'SCHEMA_MISMATCH',
        `The schema has changed since snapshot "${id}" was taken (${differences.length} differences). Nothing was changed. ` +
          'Bring the schema back to that state, or send "allow_schema_changes": true to restore what fits.',
        { differences },
      );
    });
  }

  private async restore(
    context: JobContext,
    id: string,
    choices: RestoreChoices,
    checkedAt: number,
  ): Promise<Record<string, unknown>> {
    const startedAt = this.clock.now().getTime();
    context.stage('verify');
    if (startedAt - checkedAt > CHECK_STANDS_MS)
      await this.assertRestorable(id, choices, context.task(0, 0.1, 'verify'));
    // Nobody writes from before the safety snapshot on: what it holds is all there is to lose.
    const { safety, outcome } = await this.maintenance.during(async () => ({
      safety: choices.skipSafetySnapshot ? null : await this.safetySnapshot(context, id),
      outcome: await this.replaceData(context, id, choices),
    }));
    context.stage('done');
    const warnings = safety
      ? outcome.warnings
      : [...outcome.warnings, 'No safety snapshot was taken, as asked for: this restore cannot be undone.'];
    const by = context.job.requested_by ?? 'nobody named';
    this.logger.log(
      `Restored ${id}, asked for by ${by}, ${safety ? `safety snapshot ${safety.id}` : 'without a safety snapshot'}`,
    );
    return {
      tables: outcome.tables,
      safety_snapshot_id: safety?.id ?? null,
      duration_ms: this.clock.now().getTime() - startedAt,
      warnings,
    };
  }

  private async safetySnapshot(context: JobContext, id: string): Promise<Snapshot> {
    context.stage('safety_snapshot');
    const asked = {
      trigger: { type: 'safety' as const },
      description: `Before restoring ${id}`,
      requestedBy: context.job.requested_by,
    };
    try {
      return await this.captures.captureNow(inOneStage(context, 'safety_snapshot'), asked, [0.1, 0.4]);
    } catch (thrown) {
      const error = asBackupError(thrown);
      throw new BackupError(
        error.code,
        `The safety snapshot failed, so the restore was not begun and nothing was changed: ${error.message} ` +
          'To restore without one, which cannot be undone, send "skip_safety_snapshot": true.',
        error.details,
        { cause: error },
      );
    }
  }

  private async replaceData(context: JobContext, id: string, choices: RestoreChoices): Promise<RestoreOutcome> {
    const snapshot = await this.snapshots.locate(await this.catalog.get(id));
    const request = {
      database: this.options.database,
      snapshot,
      tables: choices.tables ?? null,
      allowSchemaChanges: choices.allowSchemaChanges ?? false,
    };
    context.stage('restore');
    try {
      return await this.engine.restore(request, context.task(0.4, 1, 'restore'));
    } catch (error) {
      context.stage('rolled_back');
      throw error;
    }
  }
}

/** Whatever stages a capture within a restore has of its own: to whoever watches the restore it is one. */
function inOneStage(context: JobContext, stage: string): JobContext {
  return {
    get job() {
      return context.job;
    },
    stage: () => undefined,
    setSnapshot: (id) => context.setSnapshot(id),
    task: (from, to) => {
      const run = context.task(from, to);
      return { ...run, onProgress: ({ progress }) => run.onProgress?.({ stage, progress }) };
    },
  };
}

function assertTables(snapshot: Snapshot, tables: string[] | undefined): void {
  const unknown = (tables ?? []).filter((table) => !Object.hasOwn(snapshot.tables, table));
  if (unknown.length === 0) return;
  const known = Object.keys(snapshot.tables).join(', ');
  throw new BackupError(
    'TABLE_NOT_FOUND',
    `Snapshot "${snapshot.id}" has no table ${unknown.map((table) => JSON.stringify(table)).join(', ')}. Its tables: ${known}.`,
  );
}
