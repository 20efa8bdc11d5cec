import { Injectable, Logger } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { Catalog } from '../catalog/catalog.js';
import { plansOf, type BackupConfig } from '../model/backup-config.js';
import { asBackupError } from '../model/errors.js';
import type { Job, JobStatus } from '../model/job.js';
import type { SourceKind } from '../model/manifest.js';
import type { Plan } from '../model/plan.js';
import { inWords, nextDue, periodMs } from '../model/rhythm.js';
import { CaptureOperation } from '../operations/capture.operation.js';
import { CleanupOperation } from '../operations/cleanup.operation.js';
import { ConfigStore } from '../operations/config.store.js';
import type { Viewpoint } from '../operations/health.query.js';
import { JobQueue } from '../operations/job.queue.js';
import { Plans } from '../operations/plans.js';
import { ResolvedOptions } from '../operations/resolved-options.js';
import { Clock } from '../system/clock.js';
import { PlanTimer, upcoming, type TimedTrigger } from './plan.timer.js';

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

const PREVIEWED_RUNS = 3;

/** Enough to look past what was cancelled or failed since, and past other plans. */
const JOBS_LOOKED_AT = 200;

/**
 * Takes the snapshots of every plan when they are due, and cleans up after them.
 *
 * `@nestjs/schedule` serves the host's own crons and intervals. These timers are not among them: when a plan is due depends on its last snapshot, its
 * rhythm changes while the application runs, and tests live through weeks on a clock of their own. So a host needs no ScheduleModule, and one that has it
 * keeps it to itself.
 */
@Injectable()
export class BackupScheduler {
  private readonly logger = new Logger('BackupScheduler');
  private readonly timers = new Map<string, { plan: Plan; timer: PlanTimer }>();
  /** The last snapshot of each plan that a timer of this process took. */
  private readonly taken = new Map<string, string>();
  private stopListening: () => void = () => undefined;
  private running = false;
  private lastRound: Promise<void> = Promise.resolve();
  private lastChange: Promise<void> = Promise.resolve();

  constructor(
    private readonly captures: CaptureOperation,
    private readonly cleanup: CleanupOperation,
    private readonly queue: JobQueue,
    private readonly catalog: Catalog,
    private readonly config: ConfigStore,
    private readonly plans: Plans,
    private readonly clock: Clock,
    private readonly options: ResolvedOptions,
  ) {}

  /**
   * Starts ticking. A snapshot that fell due while the application was down, or that was cut short or waiting when it ended, is taken at once; the
   * very first one of a plan with an interval is, too.
   */
  async start(): Promise<void> {
    if (this.running || !this.options.triggers) return;
    this.running = true;
    const plans = this.plans.all();
    for (const plan of plans) await this.add(plan);
    this.stopListening = this.config.onChange(() => this.adopt());
    const enabled = plans.filter((plan) => plan.enabled);
    for (const { name, rhythm } of enabled) {
      const of = plans.length === 1 ? '' : ` of plan ${name}`;
      this.logger.log(`Started: a backup${of} ${'cron' in rhythm ? 'at' : 'every'} ${inWords(rhythm)}`);
    }
    if (enabled.length === 0) this.logger.warn('No plan is enabled: a backup is taken only when somebody asks for it');
    await this.cleanup
      .announce()
      .catch((error: unknown) =>
        this.logger.warn(`What the next clean-up does is unknown: ${asBackupError(error).message}`),
      );
    for (const { timer } of this.timers.values()) timer.start('startup');
  }

  stop(): void {
    if (!this.running) return;
    this.running = false;
    this.stopListening();
    for (const { timer } of this.timers.values()) timer.stop();
    this.timers.clear();
    this.logger.log('Stopped');
  }

  /** Resolves when what the last ticks set in motion, the clean-up included, has ended. */
  async settled(): Promise<void> {
    await this.lastChange;
    await this.lastRound;
  }

  /** @param from `outside` the application, it is told when a backup should be taken: one that should have been lies in the past */
  async schedule(from: Viewpoint = 'inside'): Promise<ScheduleEntry[]> {
    return Promise.all(
      this.plans.all().map(async (plan) => {
        const job = await this.catalog.latestCaptureJob(plan.name);
        const timed = job ? null : await this.catalog.latestTimed(plan.name); // the job history may be lost, the snapshots are not
        return {
          plan: plan.name,
          source: plan.source,
          every: inWords(plan.rhythm),
          enabled: plan.enabled && (from === 'outside' || this.options.triggers),
          next_run:
            (from === 'outside'
              ? await this.expected(plan)
              : this.timers.get(plan.name)?.timer.nextRun
            )?.toISOString() ?? null,
          last_run: job?.finished_at ?? timed?.created_at ?? null,
          last_status: job?.status ?? (timed && 'completed'),
        };
      }),
    );
  }

  /** When the plans of these settings would run, were they in effect now. */
  async preview(config: BackupConfig): Promise<PlanPreview[]> {
    const now = this.clock.now();
    return Promise.all(
      plansOf(config).map(async (plan) => {
        const runs = plan.enabled ? upcoming(plan.rhythm, await this.lastTimedSnapshot(plan), now, PREVIEWED_RUNS) : [];
        return {
          plan: plan.name,
          every: inWords(plan.rhythm),
          enabled: plan.enabled,
          next_runs: runs.map((run) => run.toISOString()),
        };
      }),
    );
  }

  private async expected(plan: Plan): Promise<Date | null> {
    if (!plan.enabled) return null;
    const last = await this.lastTimedSnapshot(plan);
    return last || 'cron' in plan.rhythm ? nextDue(plan.rhythm, last ?? this.clock.now()) : this.clock.now();
  }

  /** The plans may have changed with the settings. */
  private adopt(): void {
    this.lastChange = this.lastChange
      .then(() => this.adoptPlans())
      .catch((error: unknown) => this.logger.error(`The new plans are not in effect: ${asBackupError(error).message}`));
  }

  private async adoptPlans(): Promise<void> {
    const plans = this.plans.all();
    for (const [name, { timer }] of this.timers) {
      if (plans.some((plan) => plan.name === name)) continue;
      timer.stop();
      this.timers.delete(name);
    }
    for (const plan of plans) {
      if (!this.running) return;
      const known = this.timers.get(plan.name);
      if (known && isDeepStrictEqual(known.plan, plan)) continue;
      if (known) {
        known.timer.change(plan);
        known.plan = plan;
      } else {
        const timer = await this.add(plan);
        if (this.running) timer.start('scheduled'); // the application may have ended meanwhile
      }
    }
  }

  private async add(plan: Plan): Promise<PlanTimer> {
    const lastTick = (await this.wasInterrupted(plan)) ? new Date(0) : await this.lastTimedSnapshot(plan);
    const timer = new PlanTimer(plan, lastTick, this.clock, (...tick) => this.tick(...tick));
    this.timers.set(plan.name, { plan, timer });
    return timer;
  }

  /** Whether a capture of the plan was lost with the last run that no later one has made up for: the newest accounts may stand in no snapshot yet. */
  private async wasInterrupted({ name }: Plan): Promise<boolean> {
    const { items } = await this.catalog.jobs({ type: 'capture', page: 1, page_size: JOBS_LOOKED_AT });
    const ofPlan = items.filter(({ plan }) => plan === name);
    const telling = ofPlan.find((job) => job.status === 'completed' || isInterrupted(job));
    return telling !== undefined && isInterrupted(telling);
  }

  private async lastTimedSnapshot({ name }: Plan): Promise<Date | null> {
    const latest = await this.catalog.latestTimed(name);
    if (!latest) return null;
    // A clock that was once ahead must not silence the backups until that time comes.
    return new Date(Math.min(Date.parse(latest.created_at), this.clock.now().getTime()));
  }

  /**
   * Whether another process that shares the backup folder, and has the same plans, took the snapshot of this tick. Its intervals began at another moment:
   * half of one is near enough.
   */
  private async isTakenElsewhere({ name, rhythm }: Plan, due: Date): Promise<boolean> {
    const latest = await this.catalog.latestTimed(name);
    if (!latest || latest.id === this.taken.get(name)) return false;
    const now = this.clock.now();
    const taken = Date.parse(latest.created_at);
    const from = 'cron' in rhythm ? due.getTime() : now.getTime() - periodMs(rhythm, now) / 2;
    return taken >= from && taken <= now.getTime();
  }

  private tick(plan: Plan, trigger: TimedTrigger, due: Date): void {
    const earlier = this.lastRound;
    const round = this.round(plan, trigger, due);
    this.lastRound = Promise.all([earlier, round]).then(() => undefined);
  }

  /** Never rejects: whatever fails is logged, and the next tick comes all the same. */
  private async round(plan: Plan, trigger: TimedTrigger, due: Date): Promise<void> {
    // What was lost with the last run is made up for at the start, whatever others did.
    const isTakenElsewhere = () => (trigger === 'startup' ? Promise.resolve(false) : this.isTakenElsewhere(plan, due));
    try {
      if (await isTakenElsewhere()) return;
      const job = await this.captures.request({ trigger: { type: trigger }, plan: plan.name, isTakenElsewhere });
      const { snapshot_id } = await this.queue.whenFinished(job.id);
      if (snapshot_id !== null) this.taken.set(plan.name, snapshot_id);
      if (this.running) await this.cleanup.runIfDue();
    } catch (error) {
      this.logger.error(
        `The ${trigger} backup of plan ${plan.name} or the clean-up after it failed: ${asBackupError(error).message}`,
      );
    }
  }
}

const isInterrupted = ({ error }: Job): boolean => error?.error_code === 'INTERRUPTED';
