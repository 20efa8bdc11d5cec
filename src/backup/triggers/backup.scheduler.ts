import { Injectable, Logger } from '@nestjs/common';
import { Catalog } from '../catalog/catalog.js';
import type { Job, JobStatus } from '../model/job.js';
import { AUTO_PLAN, CaptureOperation } from '../operations/capture.operation.js';
import { CleanupOperation } from '../operations/cleanup.operation.js';
import { ConfigStore } from '../operations/config.store.js';
import { JobQueue } from '../operations/job.queue.js';
import { ResolvedOptions } from '../operations/resolved-options.js';
import { asBackupError } from '../model/errors.js';
import { Clock } from '../system/clock.js';

/** When a plan runs and how it went last, for people. Wire shape. */
export interface ScheduleEntry {
  plan: string;
  source: string;
  /** In words: `10 minutes`. */
  every: string;
  enabled: boolean;
  next_run: string | null;
  last_run: string | null;
  last_status: JobStatus | null;
}

/** Enough to look past what was cancelled or failed since. */
const JOBS_LOOKED_AT = 50;

type TimedTrigger = 'scheduled' | 'startup';

/**
 * Takes a snapshot every so many minutes, and cleans up after it.
 *
 * `@nestjs/schedule` serves the host's own crons and intervals. This timer is not one of its: when it is due depends on the last snapshot, its interval
 * changes while the application runs, and tests live through weeks on a clock of their own. So a host needs no ScheduleModule, and one that has it
 * keeps it to itself.
 */
@Injectable()
export class BackupScheduler {
  private readonly logger = new Logger('BackupScheduler');
  private stopListening: () => void = () => undefined;
  private cancelTimer: () => void = () => undefined;
  private running = false;
  private nextDue: Date | null = null;
  /** When the last snapshot was due or taken, whichever this knows of. */
  private lastTick: Date | null = null;
  private lastRound: Promise<void> = Promise.resolve();

  constructor(
    private readonly captures: CaptureOperation,
    private readonly cleanup: CleanupOperation,
    private readonly queue: JobQueue,
    private readonly catalog: Catalog,
    private readonly config: ConfigStore,
    private readonly clock: Clock,
    private readonly options: ResolvedOptions,
  ) {}

  /**
   * Starts ticking. A snapshot that fell due while the application was down, or that was cut short or waiting when it ended, is taken at once; the
   * very first one is, too.
   */
  async start(): Promise<void> {
    if (this.running || !this.options.triggers) return;
    this.running = true;
    this.lastTick = (await this.wasInterrupted()) ? null : await this.lastTimedSnapshot();
    this.stopListening = this.config.onChange(() => this.plan('scheduled'));
    this.logger.log(`Started: a backup every ${this.every()}`);
    this.plan('startup');
  }

  stop(): void {
    if (!this.running) return;
    this.running = false;
    this.stopListening();
    this.cancelTimer();
    this.nextDue = null;
    this.logger.log('Stopped');
  }

  /** Resolves when what the last tick set in motion, the clean-up included, has ended. */
  settled(): Promise<void> {
    return this.lastRound;
  }

  async schedule(): Promise<ScheduleEntry[]> {
    const job = await this.catalog.latestCaptureJob(AUTO_PLAN);
    const timed = job ? null : await this.catalog.latestTimed(AUTO_PLAN); // the job history may be lost, the snapshots are not
    return [
      {
        plan: AUTO_PLAN,
        source: 'database',
        every: this.every(),
        enabled: this.options.triggers,
        next_run: this.nextDue?.toISOString() ?? null,
        last_run: job?.finished_at ?? timed?.created_at ?? null,
        last_status: job?.status ?? (timed && 'completed'),
      },
    ];
  }

  /** Whether a capture was lost with the last run that no later one has made up for: the newest accounts may stand in no snapshot yet. */
  private async wasInterrupted(): Promise<boolean> {
    const { items } = await this.catalog.jobs({ type: 'capture', page: 1, page_size: JOBS_LOOKED_AT });
    const telling = items.find((job) => job.status === 'completed' || isInterrupted(job));
    return telling !== undefined && isInterrupted(telling);
  }

  private async lastTimedSnapshot(): Promise<Date | null> {
    const latest = await this.catalog.latestTimed(AUTO_PLAN);
    if (!latest) return null;
    // A clock that was once ahead must not silence the backups until that time comes.
    return new Date(Math.min(Date.parse(latest.created_at), this.clock.now().getTime()));
  }

  /** Sets the timer for the tick after the last one, or ticks now when that is past. */
  private plan(overdue: TimedTrigger): void {
    const due = this.lastTick && this.lastTick.getTime() + this.intervalMs;
    if (due === null || due <= this.clock.now().getTime()) this.tick(overdue, this.clock.now());
    else this.setTimer(new Date(due));
  }

  private setTimer(due: Date): void {
    this.cancelTimer();
    this.nextDue = due;
    this.cancelTimer = this.clock.after(due.getTime() - this.clock.now().getTime(), () => this.tick('scheduled', due));
  }

  private tick(trigger: TimedTrigger, due: Date): void {
    const now = this.clock.now().getTime();
    // Counted from when it was due, so that the ticks do not drift; from now, where the machine was asleep.
    const next = due.getTime() + this.intervalMs;
    this.lastTick = next > now ? due : new Date(now);
    this.setTimer(new Date(this.lastTick.getTime() + this.intervalMs));
    const earlier = this.lastRound;
    const round = this.round(trigger);
    this.lastRound = Promise.all([earlier, round]).then(() => undefined);
  }

  /** Never rejects: whatever fails is logged, and the next tick comes all the same. */
  private async round(trigger: TimedTrigger): Promise<void> {
    try {
      const job = await this.captures.request({ trigger: { type: trigger } });
      await this.queue.whenFinished(job.id);
      if (this.running) await this.cleanup.runIfDue();
    } catch (error) {
      this.logger.error(`The ${trigger} backup or the clean-up after it failed: ${asBackupError(error).message}`);
    }
  }

  private get intervalMs(): number {
    return this.config.get().backup_interval_minutes * 60_000;
  }

  private every(): string {
    const minutes = this.config.get().backup_interval_minutes;
    return minutes === 1 ? '1 minute' : `${minutes} minutes`;
  }
}

const isInterrupted = ({ error }: Job): boolean => error?.error_code === 'INTERRUPTED';
