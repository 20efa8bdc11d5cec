import { Injectable, Logger } from '@nestjs/common';
import { Workspace } from '../stores/workspace.js';
import { asBackupError, BackupError, type BackupErrorCode } from '../model/errors.js';
import type { Job, JobError } from '../model/job.js';
import { Clock } from '../system/clock.js';
import { holderInWords } from '../system/lease.record.js';
import { SharedLease, type LeaseShare } from '../system/shared-lease.js';
import type { JobRun } from './job-run.js';
import { ResolvedOptions } from './resolved-options.js';

/** Runs one job whose turn it is in this process: under the lease, within the time limit, and clears away after one that does not succeed. */
@Injectable()
export class JobRunner {
  private readonly logger = new Logger('Backup');
  private readonly atWork = new Set<JobRun>();

  constructor(
    private readonly workspace: Workspace,
    private readonly lease: SharedLease,
    private readonly clock: Clock,
    private readonly options: ResolvedOptions,
  ) {}

  /** Never rejects: how it went is in the job. */
  async run(run: JobRun): Promise<void> {
    this.atWork.add(run);
    try {
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
    const share = await this.enterLease(run);
    if (!share) return this.perform(run);
    run.update({ stage });
    run.fence = share.fence;
    try {
      await share.ready;
      await this.perform(run);
    } finally {
      await share.leave().catch((problem: unknown) => this.logger.warn(stillHeld(problem)));
    }
  }

  /** Null where neither the backup folder nor this machine has a place for it: then there is nothing by which processes could take turns. */
  private async enterLease(run: JobRun): Promise<LeaseShare | null> {
    try {
      return await this.lease.enter(
        { purpose: run.spec.type, job: run.job.id, plan: run.job.plan },
        {
          signal: run.signal,
          patienceMs: this.options.jobTimeoutMs,
          onWait: (holder) =>
            run.stage(holder ? `waiting for the ${holderInWords(holder)}` : 'waiting for another process'),
          onLost: (lost) => run.stop(lost),
        },
      );
    } catch (thrown) {
      if (run.stopReason) throw thrown;
      const { code, message } = asBackupError(thrown);
      if (!NO_PLACE.includes(code)) throw thrown;
      this.logger.warn(`The ${run.job.type} continues without the lease on the backup folder: ${message}`);
      return null;
    }
  }

  private async perform(run: JobRun): Promise<void> {
    if (run.stopReason) throw run.stopReason;
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
      await this.workspace
        .sweep(pid)
        .catch((problem: unknown) =>
          this.logger.warn(
            `Could not remove unfinished files, which stay until the next start: ${asBackupError(problem).message}`,
          ),
        );
    }
    const jobError: JobError = { ...error.details, error_code: error.code, message: error.message };
    const status = error.code === 'CANCELLED' ? 'cancelled' : 'failed';
    run.update({ status, error: jobError, finished_at: this.clock.now().toISOString() });
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
      `The job ran longer than ${minutes} minutes and was ended. If it needs more time, increase jobTimeoutMinutes.`,
    );
  }
}

/** Why there may be no lease to be had, other than that somebody has it. */
const NO_PLACE: readonly BackupErrorCode[] = ['FOLDER_NOT_WRITABLE', 'DISK_FULL', 'DATABASE_UNAVAILABLE'];

const stillHeld = (problem: unknown): string =>
  `Could not release the backup-folder lock, so the next job waits until it expires: ${asBackupError(problem).message}`;

/** For the log. */
export const describeJob = (job: Job): string =>
  [job.type, job.trigger && `(${job.trigger.type})`, job.snapshot_id && `of ${job.snapshot_id}`, `job ${job.id}`]
    .filter(Boolean)
    .join(' ');
