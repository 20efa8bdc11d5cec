import { Injectable, Logger } from '@nestjs/common';
import { Destination } from '../destinations/destination.js';
import { asBackupError, BackupError, type BackupErrorCode } from '../model/errors.js';
import type { Job, JobError } from '../model/job.js';
import { Clock } from '../system/clock.js';
import { Lease, type HeldLease } from '../system/lease.js';
import { processInWords } from '../system/process-identity.js';
import type { JobRun } from './job-run.js';
import { Leftovers } from './leftovers.js';
import { ResolvedOptions } from './resolved-options.js';

/** Runs one job whose turn it is in this process: under the lease, within the time limit, and clears away after one that does not succeed. */
@Injectable()
export class JobRunner {
  private readonly logger = new Logger('Backup');
  private readonly atWork = new Set<JobRun>();

  constructor(
    private readonly destination: Destination,
    private readonly lease: Lease,
    private readonly leftovers: Leftovers,
    private readonly clock: Clock,
    private readonly options: ResolvedOptions,
  ) {}

  /** Never rejects: how it went is in the job. */
  async run(run: JobRun): Promise<void> {
    this.atWork.add(run);
    try {
      if (run.stopReason) throw run.stopReason;
      // In a folder that is only read nobody can be kept waiting, and there is nothing to get in each other's way with.
      if (run.spec.lane === 'source' && !this.options.readOnly) await this.performLeased(run);
      else await this.perform(run);
    } catch (thrown) {
      await this.fail(run, run.stopReason ?? asBackupError(thrown));
    }
    this.atWork.delete(run);
  }

  /** Waits until no other process is at work, and keeps the others waiting. */
  private async performLeased(run: JobRun): Promise<void> {
    const { stage } = run.job;
    const held = await this.acquireLease(run);
    if (!held) return this.perform(run);
    run.update({ stage });
    run.fence = held.fence;
    held.keep((lost) => run.stop(lost));
    try {
      if (held.tookOver) await this.leftovers.settle(held.fence);
      await this.perform(run);
    } finally {
      await held.release().catch((problem: unknown) => this.logger.warn(stillHeld(problem)));
    }
  }

  /** Null where neither the backup folder nor this machine has a place for it: then there is nothing by which processes could take turns. */
  private async acquireLease(run: JobRun): Promise<HeldLease | null> {
    try {
      return await this.lease.acquire(
        { purpose: run.spec.type, job: run.job.id },
        {
          signal: run.signal,
          patienceMs: this.options.jobTimeoutMs,
          onWait: ({ purpose, process }) => run.stage(`waiting for the ${purpose} of ${processInWords(process)}`),
        },
      );
    } catch (thrown) {
      if (run.stopReason) throw thrown;
      const { code, message } = asBackupError(thrown);
      if (!NO_PLACE.includes(code)) throw thrown;
      this.logger.warn(`The ${run.job.type} goes on without keeping other processes waiting: ${message}`);
      return null;
    }
  }

  private async perform(run: JobRun): Promise<void> {
    const cancelTimeout = this.clock.after(this.options.jobTimeoutMs, () => run.stop(this.timedOut()));
    try {
      run.update({ status: 'running', started_at: this.clock.now().toISOString() });
      await run.save();
      const result = await run.spec.run(run);
      run.update({ status: 'completed', progress: 1, result, finished_at: this.clock.now().toISOString() });
    } finally {
      cancelTimeout();
    }
  }

  private async fail(run: JobRun, error: BackupError): Promise<void> {
    for (const pid of this.ownPids(run)) {
      await this.destination
        .sweep(pid)
        .catch((problem: unknown) =>
          this.logger.warn(`Unfinished files stay until the next start: ${asBackupError(problem).message}`),
        );
    }
    const said: JobError = { ...error.details, error_code: error.code, message: error.message };
    const status = error.code === 'CANCELLED' ? 'cancelled' : 'failed';
    run.update({ status, error: said, finished_at: this.clock.now().toISOString() });
    if (status === 'cancelled') this.logger.log(`Cancelled: ${describeJob(run.job)}`);
    else this.logger.error(`Failed: ${describeJob(run.job)}: ${error.code}: ${error.message}`);
  }

  /** Numbers of processes come again: one that a child of another job has by now stands for the files of that one. */
  private ownPids(run: JobRun): number[] {
    const others = new Set([...this.atWork].flatMap((other) => (other === run ? [] : other.pids)));
    return run.pids.filter((pid) => !others.has(pid));
  }

  private timedOut(): BackupError {
    const minutes = this.options.jobTimeoutMs / 60_000;
    return new BackupError(
      'TIMED_OUT',
      `The job ran longer than ${minutes} minutes and was ended. Raise jobTimeoutMinutes if it needs more.`,
    );
  }
}

/** Why there may be no lease to be had, other than that somebody has it. */
const NO_PLACE: readonly BackupErrorCode[] = ['FOLDER_NOT_WRITABLE', 'DISK_FULL', 'DATABASE_UNAVAILABLE'];

const stillHeld = (problem: unknown): string =>
  `The backup folder could not be given free, so the next job has to wait a while: ${asBackupError(problem).message}`;

/** For the log. */
export const describeJob = (job: Job): string =>
  [job.type, job.trigger && `(${job.trigger.type})`, job.snapshot_id && `of ${job.snapshot_id}`, `job ${job.id}`]
    .filter(Boolean)
    .join(' ');
