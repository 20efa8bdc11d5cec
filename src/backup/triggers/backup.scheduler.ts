import { Injectable, Logger } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { Catalog } from '../catalog/catalog.js';
import { plansOf, type BackupConfig } from '../model/backup-config.js';
import { asBackupError } from '../model/errors.js';
import type { JobStatus } from '../model/job.js';
import type { SourceKind } from '../model/manifest.js';
import type { Plan } from '../model/plan.js';
import { inWords, nextDue } from '../model/rhythm.js';
import { CaptureOperation } from '../operations/capture.operation.js';
import { CleanupOperation } from '../operations/cleanup.operation.js';
import { ConfigStore } from '../operations/config.store.js';
import { FirstRuns } from '../operations/first-runs.js';
import type { Viewpoint } from '../operations/health.query.js';
import { JobQueue } from '../operations/job.queue.js';
import { Plans } from '../operations/plans.js';
import { ResolvedOptions } from '../operations/resolved-options.js';
import { UpcomingRuns } from '../operations/upcoming-runs.js';
import { Clock } from '../system/clock.js';
import { PlanTimer } from './plan.timer.js';
import { ScheduleListing } from './schedule.listing.js';

/** When a plan runs and how it went last, for people. Wire shape. */
export interface ScheduleEntry {
  plan: string;
  source: SourceKind;
  /** In words: `10 minutes`, or `0 2 * * * (UTC)`. */
  every: string;
  enabled: boolean;
  next_run: string | null;
  last_run: string | null;
  last_status: JobStatus | null;
}

/** When a plan would run. Wire shape. */
export interface PlanPreview {
  plan: string;
  /** In words, as in a {@link ScheduleEntry}. */
  every: string;
  enabled: boolean;
  /** The next three; none where it is not enabled. */
  next_runs: string[];
}

type TimedTrigger = 'scheduled' | 'startup';

const PREVIEWED_RUNS = 3;

/**
 * Takes the snapshots of every plan when they are due, and cleans up after them.
 *
 * The timers are the library's own, since when a plan is due depends on its last runs, its rhythm changes while the application runs, and tests live through
 * weeks on a clock of their own. A host with `@nestjs/schedule` finds them listed among its cron jobs.
 */
@Injectable()
export class BackupScheduler {
  private readonly logger = new Logger('BackupScheduler');
  private readonly timers = new Map<string, PlanTimer>();
  /** What ticks and changes have set in motion. */
  private readonly inMotion = new Set<Promise<void>>();
  /** One decision at a time, so that each sees what the one before began. */
  private deciding: Promise<unknown> = Promise.resolve();
  private stopListening: () => void = () => undefined;
  private stopping = new AbortController();
  private running = false;

  constructor(
    private readonly captures: CaptureOperation,
    private readonly cleanup: CleanupOperation,
    private readonly queue: JobQueue,
    private readonly catalog: Catalog,
    private readonly config: ConfigStore,
    private readonly plans: Plans,
    private readonly firstRuns: FirstRuns,
    private readonly upcoming: UpcomingRuns,
    private readonly clock: Clock,
    private readonly listing: ScheduleListing,
    private readonly options: ResolvedOptions,
  ) {}

  /**
   * Starts ticking. A snapshot that fell due while the application was down, the first one of a plan included, or that was cut short or waiting when it
   * ended, is taken at once; where snapshots are not listed yet, as soon as they are.
   */
  async start(): Promise<void> {
    if (this.running) return;
    await this.firstRuns.load();
    if (this.options.isQuietInTests)
      this.logger.log(
        'NODE_ENV is "test": no schedule or event takes a snapshot. Pass triggers: true to BackupModule in a test that needs them.',
      );
    if (!this.options.triggers) return;
    this.running = true;
    this.stopping = new AbortController();
    const plans = this.plans.all();
    for (const plan of plans) this.add(plan);
    const stopListening = [
      this.config.onChange(() => this.adopt()),
      this.queue.onFinished(({ type, plan }) => type === 'capture' && plan !== null && this.attend(plan, 'scheduled')),
    ];
    this.stopListening = () => stopListening.forEach((stop) => stop());
    const enabled = plans.filter((plan) => plan.enabled);
    for (const { name, rhythm } of enabled) {
      const ofPlan = plans.length === 1 ? '' : ` of plan ${name}`;
      this.logger.log(`Started: a backup${ofPlan} ${'cron' in rhythm ? 'at' : 'every'} ${inWords(rhythm)}`);
    }
    if (enabled.length === 0) this.logger.warn('No plan is enabled: backups are taken only on request');
    const isIndexing = this.catalog.indexing() !== null;
    // What fell due, and what is deleted, shows once all snapshots are listed.
    this.deciding = this.catalog.indexed(this.stopping.signal).then(() => this.announceCleanup());
    for (const { name } of plans) this.attend(name, 'startup');
    if (!isIndexing) await this.deciding;
  }

  private async announceCleanup(): Promise<void> {
    if (!this.running) return;
    await this.cleanup
      .announce()
      .catch((error: unknown) =>
        this.logger.warn(`Could not preview the next clean-up: ${asBackupError(error).message}`),
      );
  }

  stop(): void {
    if (!this.running) return;
    this.running = false;
    this.stopping.abort();
    this.stopListening();
    for (const name of this.timers.keys()) this.drop(name);
    this.logger.log('Stopped');
  }

  /** Resolves when what the last ticks set in motion, the clean-up included, has ended. */
  async settled(): Promise<void> {
    while (this.inMotion.size > 0) await Promise.all(this.inMotion);
  }

  /** @param from `outside` the application, it is told when a backup should be taken: one that should have been lies in the past */
  async schedule(from: Viewpoint = 'inside'): Promise<ScheduleEntry[]> {
    return Promise.all(
      this.plans.all().map(async (plan) => {
        const job = await this.catalog.latestCaptureJob(plan.name);
        const timed = job ? null : await this.catalog.latestTimed(plan.name); // the job history may be lost, the snapshots are not
        const enabled = plan.enabled && (from === 'outside' || this.options.triggers);
        return {
          plan: plan.name,
          source: plan.source,
          every: inWords(plan.rhythm),
          enabled,
          next_run: enabled ? (await this.nextRun(plan, from)).toISOString() : null,
          last_run: job?.finished_at ?? timed?.created_at ?? null,
          last_status: job?.status ?? (timed && 'completed'),
        };
      }),
    );
  }

  /** When the plans of these settings would run, were they in effect now. */
  async preview(config: BackupConfig): Promise<PlanPreview[]> {
    return Promise.all(
      plansOf(config).map(async (plan) => {
        const runs = plan.enabled ? await this.upcoming.several(plan, PREVIEWED_RUNS) : [];
        return {
          plan: plan.name,
          every: inWords(plan.rhythm),
          enabled: plan.enabled,
          next_runs: runs.map((run) => run.toISOString()),
        };
      }),
    );
  }

  /** What is told is kept: other processes may have changed what the timer waits for. */
  private async nextRun(plan: Plan, from: Viewpoint): Promise<Date> {
    const next = await this.upcoming.next(plan, from);
    const due = this.timers.get(plan.name)?.due;
    if (due && due.getTime() !== next.getTime()) this.attend(plan.name, 'scheduled');
    return next;
  }

  /** The plans may have changed with the settings. */
  private adopt(): void {
    const plans = this.plans.all();
    for (const name of this.timers.keys()) {
      if (!plans.some((plan) => plan.name === name)) this.drop(name);
    }
    for (const plan of plans) {
      const timer = this.timers.get(plan.name);
      if (timer && isDeepStrictEqual(timer.plan, plan)) continue;
      if (timer) timer.plan = plan;
      else this.add(plan);
      this.attend(plan.name, 'scheduled');
    }
  }

  private add(plan: Plan): void {
    const { name } = plan;
    const timer = new PlanTimer(plan, this.clock, () => this.attend(name, 'scheduled'));
    this.timers.set(name, timer);
    this.listing.add(name, {
      get due() {
        return timer.due;
      },
      run: () => void this.captures.request({ trigger: { type: 'manual' }, plan: name }).catch(() => undefined),
    });
  }

  private drop(name: string): void {
    this.timers.get(name)?.stop();
    this.timers.delete(name);
    this.listing.remove(name);
  }

  /** Takes the plan's snapshot if it is due, and sets its timer. Never throws: whatever fails is logged, and the next tick comes all the same. */
  private attend(name: string, trigger: TimedTrigger): void {
    const decided = this.deciding.then(() => this.beginIfDue(name, trigger));
    this.deciding = decided.catch(() => undefined);
    const done = decided
      .then((finish) => finish?.())
      .catch((error: unknown) =>
        this.logger.error(
          `The ${trigger} backup of plan ${name} or the clean-up after it failed: ${asBackupError(error).message}`,
        ),
      )
      .finally(() => this.inMotion.delete(done));
    this.inMotion.add(done);
  }

  /** @returns what remains to be done once the snapshot is taken; undefined when it is not due */
  private async beginIfDue(name: string, trigger: TimedTrigger): Promise<(() => Promise<void>) | undefined> {
    const timer = this.timers.get(name);
    if (!timer || !this.running) return undefined; // gone meanwhile
    const { plan } = timer;
    if (!plan.enabled) {
      timer.stop();
      return undefined;
    }
    const now = this.clock.now();
    timer.wait(nextDue(plan.rhythm, now)); // should anything fail here, or the clock be set back
    await this.firstRuns.keep();
    const due = await this.upcoming.next(plan);
    if (!this.running || timer.plan !== plan) return undefined; // is attended again
    if (due > this.clock.now()) {
      timer.wait(due);
      return undefined;
    }
    // What was lost with the last run is made up for at the start, whatever others did.
    const isTakenElsewhere = () => (trigger === 'startup' ? Promise.resolve(false) : this.isTakenElsewhere(plan, due));
    const job = await this.captures.request({ trigger: { type: trigger }, plan: name, isTakenElsewhere });
    return async () => {
      await this.queue.whenFinished(job.id);
      await this.cleanup.runIfDue(() => this.running);
    };
  }

  /** Whether another process that shares the backup folder, and has the same plans, took the snapshot of this tick while this one waited for its turn. */
  private async isTakenElsewhere({ name }: Plan, due: Date): Promise<boolean> {
    const latest = await this.catalog.latestTimed(name);
    if (!latest) return false;
    const taken = new Date(latest.created_at);
    return taken >= due && taken <= this.clock.now();
  }
}
