import { Injectable, Logger } from '@nestjs/common';
import { Catalog } from '../catalog/catalog.js';
import { SnapshotRepository } from '../stores/snapshot.repository.js';
import { asBackupError, BackupError } from '../model/errors.js';
import type { KeptSnapshot } from '../model/retention.js';
import type { SnapshotOutline } from '../model/snapshot.js';
import { Clock } from '../system/clock.js';
import { countArchived, countDeleted, isIdle, planCleanup, type CleanupPlan } from './cleanup-plan.js';
import { deletedBy, oldestOf } from './config-consequences.js';
import { ClockWatch } from './clock-watch.js';
import { ConfigStore } from './config.store.js';
import { DayArchives } from './day-archives.js';
import type { CleanupResult } from '../model/job-results.js';
import { resultOf } from './job-outcome.js';
import type { JobContext } from './job-run.js';
import { JobQueue } from './job.queue.js';
import { DeletionGuard } from './deletion-guard.js';

export interface CleanupPreview extends CleanupResult {
  kept: KeptSnapshot[];
}

const RETRY_AFTER_MS = 3_600_000;

/** Archives and deletes: packs the days that are old enough, then deletes what the retention policy lets go. */
@Injectable()
export class CleanupOperation {
  private readonly logger = new Logger('Backup');
  private notBefore = 0;
  /** The automatic clean-up that waits for captures to end. */
  private awaited: Promise<void> | null = null;

  constructor(
    private readonly queue: JobQueue,
    private readonly catalog: Catalog,
    private readonly repository: SnapshotRepository,
    private readonly archives: DayArchives,
    private readonly config: ConfigStore,
    private readonly guard: DeletionGuard,
    private readonly clock: Clock,
    private readonly clockWatch: ClockWatch,
  ) {}

  /**
   * @param what `archive` packs what is due and deletes nothing
   * @param confirmClock somebody who knows the time says that the clock is right
   * @throws BackupError when a part of it failed; the other parts are done all the same. `CLOCK_DOUBTFUL` where a person asked, and something was held back
   */
  async run(
    requestedBy: string | null,
    what: 'all' | 'archive' = 'all',
    { confirmClock = false } = {},
  ): Promise<CleanupResult> {
    if (confirmClock) await this.clockWatch.confirm();
    const job = await this.queue.run({
      type: 'cleanup',
      lane: 'source',
      needsIndex: true,
      requestedBy,
      run: async (context) => ({ ...(await this.cleanUp(context, what, requestedBy !== null)) }),
    });
    return resultOf('cleanup', job);
  }

  /**
   * The automatic clean-up, after the captures that run now: it has to wait for them anyway, and as a job that waits it would keep others from running beside them. Those that
   * begin later it does not let go first, or it might never run.
   * @param isWanted asked then
   */
  runIfDue(isWanted: () => boolean = () => true): Promise<void> {
    this.awaited ??= this.capturesEnded()
      .finally(() => (this.awaited = null))
      .then(() => (isWanted() ? this.runNowIfDue() : undefined));
    return this.awaited;
  }

  private async capturesEnded(): Promise<void> {
    const captures = this.queue.runningJobs().filter(({ type }) => type === 'capture');
    await Promise.all(captures.map(({ id }) => this.queue.whenFinished(id)));
  }

  /** No job when there is nothing to do, and after a failure another try only an hour later. */
  private async runNowIfDue(): Promise<void> {
    if (this.clock.now().getTime() < this.notBefore) return;
    if (isIdle(await this.guard.permitted(await this.plan()))) return;
    try {
      await this.run(null);
    } catch (error) {
      this.notBefore = this.clock.now().getTime() + RETRY_AFTER_MS;
      throw error;
    }
  }

  /** What {@link run} would do now, and why the rest stays. @throws BackupError `INDEXING` */
  async preview(): Promise<CleanupPreview> {
    const listed = await this.catalog.outlines();
    const plan = await this.guard.permitted(await this.planOf(listed));
    const held = sizesInArchives(listed);
    const packed = new Map((await this.repository.listArchives()).map((file) => [file.filename, file.size_bytes]));
    let freed = sizeOf(plan.expiredRegular);
    for (const { archive, snapshots } of plan.expiredArchived)
      freed += Math.round(((packed.get(archive) ?? 0) * sizeOf(snapshots)) / (held.get(archive) || 1));
    const suspended = await this.guard.suspension();
    return {
      archived: countArchived(plan),
      deleted: countDeleted(plan),
      freed_bytes: freed,
      held_back: plan.heldBack.length,
      ...suspension(suspended),
      kept: plan.kept,
    };
  }

  /** Says in the log, before the first clean-up after a start, what that is going to delete: the settings may have been changed meanwhile. */
  async announce(): Promise<void> {
    const deleted = deletedBy(await this.guard.permitted(await this.plan()));
    if (deleted.length === 0) return;
    const oldest = oldestOf(deleted)?.slice(0, 10);
    this.logger.warn(
      `With the current settings the next clean-up deletes ${deleted.length} snapshots, the oldest of ${oldest}.`,
    );
  }

  /** What {@link run} would do now, snapshot by snapshot. @throws BackupError `INDEXING` */
  async plan(): Promise<CleanupPlan> {
    return this.planOf(await this.catalog.outlines());
  }

  private async planOf(listed: readonly SnapshotOutline[]): Promise<CleanupPlan> {
    const clock = await this.clockWatch.look();
    return planCleanup(listed, this.config.get(), this.clock.now(), clock);
  }

  /** How many snapshots stay only because of doubts about the clock. Quick while there are none; 0 while not all are listed. */
  async heldBack(): Promise<number> {
    const { jumps } = await this.clockWatch.look();
    return jumps.length === 0 || this.catalog.indexing() ? 0 : (await this.plan()).heldBack.length;
  }

  private async cleanUp(context: JobContext, what: 'all' | 'archive', isAsked: boolean): Promise<CleanupResult> {
    // Decide on what is really there: files that somebody removed by hand must not count as the newest ones that have to stay.
    await this.catalog.reconcile();
    const suspended = await this.guard.suspension();
    const plan = await this.guard.proven(async () => this.guard.permitted(await this.plan()), context);
    const held_back = what === 'all' ? plan.heldBack.length : 0;
    const result: CleanupResult = { archived: 0, deleted: 0, freed_bytes: 0, held_back, ...suspension(suspended) };
    const wanted = what === 'all' ? plan : { ...plan, expiredRegular: [], expiredArchived: [] };
    const failures = await this.runSteps(this.steps(wanted, result), context);
    this.logger.log(`Cleanup: ${result.archived} archived, ${result.deleted} deleted`);
    if (failures[0]) throw incomplete(failures[0], failures.length, result);
    if (held_back > 0 && isAsked) throw clockDoubtful(result);
    return result;
  }

  private steps(plan: CleanupPlan, result: CleanupResult): CleanupStep[] {
    return [
      ...plan.days.map(({ day, snapshots }) => async (run: StepRun) => {
        const { archived, damaged } = await this.archives.add(day, snapshots, run);
        result.archived += archived;
        if (damaged[0]) throw leftOut(damaged[0].message, damaged.length);
      }),
      ...plan.expiredRegular.map((snapshot) => async ({ fence }: StepRun) => {
        await fence.whileHeld(async () => {
          await this.repository.removeSnapshot(snapshot.id);
          await this.catalog.removeSnapshots([snapshot.id]);
        });
        result.deleted += 1;
        result.freed_bytes += snapshot.size_bytes;
      }),
      ...plan.expiredArchived.map(({ archive, snapshots }) => async (run: StepRun) => {
        result.freed_bytes += await this.archives.remove(archive, new Set(snapshots.map(({ id }) => id)), run);
        result.deleted += snapshots.length;
      }),
    ];
  }

  /** One damaged day must not keep the others from being cleaned up. */
  private async runSteps(steps: CleanupStep[], context: JobContext): Promise<BackupError[]> {
    const failures: BackupError[] = [];
    for (const [index, step] of steps.entries()) {
      const run = context.task(index / steps.length, (index + 1) / steps.length);
      run.signal?.throwIfAborted();
      try {
        await step(run);
      } catch (error) {
        run.signal?.throwIfAborted();
        if (asBackupError(error).code === 'LEASE_LOST') throw error;
        failures.push(asBackupError(error));
      }
    }
    return failures;
  }
}

const clockDoubtful = (done: CleanupResult): BackupError =>
  new BackupError(
    'CLOCK_DOUBTFUL',
    `${inNumber(done.held_back, 'snapshot')} due for deletion were kept, because the clock jumped ahead and has not been confirmed. ` +
      'If it is wrong, set it.',
    { held_back: done.held_back, done, advice: ['confirm_clock'] },
  );

const inNumber = (count: number, what: string): string => (count === 1 ? `1 ${what}` : `${count} ${what}s`);

const suspension = (suspended: string | null): Pick<CleanupResult, 'suspended'> =>
  suspended === null ? {} : { suspended };

type StepRun = ReturnType<JobContext['task']>;
type CleanupStep = (run: StepRun) => Promise<void>;

const sizeOf = (snapshots: readonly SnapshotOutline[]): number =>
  snapshots.reduce((sum, { size_bytes }) => sum + size_bytes, 0);

/** Of the documents in each archive, before they were packed. */
function sizesInArchives(snapshots: readonly SnapshotOutline[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { archive, size_bytes } of snapshots)
    if (archive !== null) sizes.set(archive, (sizes.get(archive) ?? 0) + size_bytes);
  return sizes;
}

const leftOut = (first: string, count: number): BackupError =>
  new BackupError(
    'SNAPSHOT_CORRUPT',
    count === 1
      ? `A damaged snapshot was not archived. ${first}`
      : `${count} damaged snapshots were not archived. ${first}`,
  );

function incomplete(first: BackupError, count: number, result: CleanupResult): BackupError {
  const others = count > 1 ? ` (and ${count - 1} more)` : '';
  return new BackupError(first.code, `A part of the clean-up failed, the rest was done: ${first.message}${others}`, {
    ...first.details,
    done: result,
  });
}
