import { Injectable, Logger } from '@nestjs/common';
import { defer, type Observable } from 'rxjs';
import { Catalog, type JobQuery, type Page } from '../catalog/catalog.js';
import { asBackupError, BackupError } from '../model/errors.js';
import { isFinished, type Job, type JobError, type JobType } from '../model/job.js';
import { isByPerson, type Trigger } from '../model/trigger.js';
import { Clock } from '../system/clock.js';
import { shareSource } from './captured-sources.js';
import { JobRun, newJob, type JobSpec, type LaneName } from './job-run.js';
import { describeJob, JobRunner } from './job.runner.js';
import { Lane, type LaneRules, type Turn } from './lane.js';
import { RecordedJobs } from './recorded-jobs.js';

/** How long jobs may go on at shutdown before they are ended. */
const SHUTDOWN_GRACE_MS = 5000;

/** More would only wait for one another's disk and processor. */
const MOST_CAPTURES = 2;

/**
 * Runs the jobs: captures of different sources side by side, restores and clean-ups alone, in whichever process they are asked for; verifications beside all of them. Every job is
 * recorded before it runs and when it ends, which makes the records an audit trail; one that cannot be recorded runs all the same, since it may be what frees the disk or brings data back.
 */
@Injectable()
export class JobQueue {
  private readonly logger = new Logger('Backup');
  private readonly live = new Map<string, JobRun>();
  private readonly lanes: Record<LaneName, Lane<JobRun>> = {
    source: new Lane((run) => this.execute(run), SIDE_BY_SIDE),
    side: new Lane((run) => this.execute(run)),
  };
  /** Those that wait until all snapshots are listed. */
  private readonly held = new Set<JobRun>();
  private readonly listeners = new Set<(job: Job) => void>();
  private closed = false;

  constructor(
    private readonly catalog: Catalog,
    private readonly recorded: RecordedJobs,
    private readonly runner: JobRunner,
    private readonly clock: Clock,
  ) {}

  /** Records a job and runs it when its lane is free: restores first, then what timers and events ask for, then what people ask for. */
  async submit(spec: JobSpec): Promise<Job> {
    if (this.catalog.unavailable) throw this.catalog.unavailable;
    if (this.closed) return this.refuse(spec);
    const run = new JobRun(spec, newJob(spec, this.clock.now()), this.clock, (job) => this.record(job));
    this.live.set(run.job.id, run);
    if (spec.needsIndex && this.catalog.indexing()) void this.hold(run);
    else this.lanes[spec.lane].add(run, turnOf(spec));
    await run.recorded;
    return run.job;
  }

  /** Submits a job and waits for its end. */
  async run(spec: JobSpec): Promise<Job> {
    const { id } = await this.submit(spec);
    return this.whenFinished(id);
  }

  /** Resolves with the job when it has completed, failed or been cancelled; at once when it already has. */
  async whenFinished(id: string): Promise<Job> {
    return (await this.live.get(id)?.finished) ?? this.catalog.getJob(id);
  }

  /** @throws BackupError `JOB_NOT_FOUND` */
  async get(id: string): Promise<Job> {
    return this.live.get(id)?.job ?? this.recorded.get(id);
  }

  async page(query: JobQuery): Promise<Page<Job>> {
    const page = await this.recorded.page(query, (id) => this.live.has(id));
    return { ...page, items: page.items.map((job) => this.live.get(job.id)?.job ?? job) };
  }

  /** The job as it is now, then each change; completes when the job has finished. */
  watch(id: string): Observable<Job> {
    return defer(() => this.live.get(id)?.changes ?? this.recorded.watch(id));
  }

  /** Calls the listener with every job of this process that has finished. @returns how to stop that */
  onFinished(listener: (job: Job) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The jobs that run now: those that work on a source before a verification beside them, the one that began first before others. */
  runningJobs(): Job[] {
    const jobs = [...this.lanes.source.running, ...this.lanes.side.running].map(({ job }) => job);
    return jobs.filter(({ status }) => status === 'running');
  }

  /** Pending and running jobs of a type, oldest first. */
  unfinished(type?: JobType): Job[] {
    return [...this.live.values()].map(({ job }) => job).filter((job) => type === undefined || job.type === type);
  }

  /** Gives a job that is still pending another trigger. */
  async retrigger(id: string, trigger: Trigger): Promise<Job> {
    const run = this.live.get(id);
    if (run?.job.status !== 'pending') throw new Error(`Job ${id} is no longer pending.`);
    run.update({ trigger });
    await run.save();
    return run.job;
  }

  /**
   * A pending job never runs; a running one is killed and what it left unfinished is removed.
   * @throws BackupError `JOB_NOT_FOUND`, `JOB_NOT_CANCELLABLE`
   */
  async cancel(id: string): Promise<Job> {
    const run = this.live.get(id);
    if (run) await this.stop(run, new BackupError('CANCELLED', 'The job was cancelled.'));
    const job = run?.job ?? (await this.recorded.get(id));
    if (run && job.status === 'cancelled') return job;
    throw notCancellable(job);
  }

  /** Lets running jobs finish for a few seconds, ends the rest, and takes no more. */
  async close(): Promise<void> {
    this.closed = true;
    this.recorded.close();
    const interrupted = new BackupError(
      'INTERRUPTED',
      'The application was shut down before the job finished. Start it again.',
    );
    const runs = [...this.live.values()];
    const pending = runs.filter(({ job }) => job.status === 'pending').map((run) => this.stop(run, interrupted));
    const endTheRest = this.clock.after(SHUTDOWN_GRACE_MS, () => runs.forEach((run) => run.stop(interrupted)));
    await Promise.all([...pending, ...runs.map(({ finished }) => finished)]);
    endTheRest();
  }

  /** Recorded all the same: the next start looks for captures that were wanted and never taken. */
  private async refuse(spec: JobSpec): Promise<never> {
    const error = new BackupError('INTERRUPTED', 'The application is shutting down. Try again when it is back.');
    const job = newJob(spec, this.clock.now());
    const jobError: JobError = { error_code: error.code, message: error.message };
    await this.record({ ...job, status: 'failed', error: jobError, finished_at: job.created_at });
    throw error;
  }

  private async record(job: Job): Promise<void> {
    try {
      await this.catalog.saveJob(job);
    } catch (thrown) {
      const state = job.status === 'pending' ? 'was requested' : `is ${job.status}`;
      this.logger.error(`Could not record that ${describeJob(job)} ${state}: ${asBackupError(thrown).message}`);
    }
  }

  private async hold(run: JobRun): Promise<void> {
    this.held.add(run);
    run.stage('waiting for the index');
    await this.catalog.indexed();
    if (!this.held.delete(run)) return; // it was stopped meanwhile
    run.update({ stage: null });
    this.lanes[run.spec.lane].add(run, turnOf(run.spec));
  }

  private async stop(run: JobRun, reason: BackupError): Promise<void> {
    run.stop(reason);
    if (this.held.delete(run) || this.lanes[run.spec.lane].remove(run)) await this.execute(run); // which only records that it was stopped
    await run.finished;
  }

  private async execute(run: JobRun): Promise<void> {
    await run.recorded;
    await this.runner.run(run);
    await run.save();
    this.live.delete(run.job.id);
    for (const listener of this.listeners) listener(run.job);
    run.close();
  }
}

/** A job that names no sources is not one that others can run beside. */
const SIDE_BY_SIDE: LaneRules<JobRun> = {
  most: MOST_CAPTURES,
  isAlone: ({ spec }) => spec.sources === undefined,
  collide: ({ spec }, other) => shareSource(spec.sources!, other.spec.sources!),
};

/** However much people ask for, the snapshot of a new account and the timed ones do not wait for it. */
function turnOf({ type, trigger, requestedBy }: JobSpec): Turn {
  if (type === 'restore') return 'first';
  const byPerson = trigger ? isByPerson(trigger) : (requestedBy ?? null) !== null;
  return byPerson ? 'last' : 'ordinary';
}

const notCancellable = (job: Job): BackupError =>
  new BackupError(
    'JOB_NOT_CANCELLABLE',
    isFinished(job)
      ? `The job has already ended (${job.status}) and can no longer be cancelled.`
      : 'Another process runs this job: another server, or a command line. Cancel it there.',
  );
