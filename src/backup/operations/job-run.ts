import { randomUUID } from 'node:crypto';
import { BehaviorSubject, type Observable } from 'rxjs';
import { isFinished, type Job, type JobType } from '../model/job.js';
import type { BackupError } from '../model/errors.js';
import type { Trigger } from '../model/trigger.js';
import type { Clock } from '../system/clock.js';
import type { TaskRun } from '../system/child-task.js';
import { Fence } from '../system/fence.js';
import type { CapturedSources } from './captured-sources.js';

/** `source`: whatever reads or writes a source or rearranges snapshots, in one process at a time. `side`: verifications, beside it. */
export type LaneName = 'source' | 'side';

/** A job that somebody wants run. */
export interface JobSpec {
  type: JobType;
  plan?: string;
  trigger?: Trigger;
  snapshotId?: string;
  requestedBy?: string | null;
  lane: LaneName;
  /** What a capture reads: others run beside it that read nothing of that. Of everything else in the lane it is absent, and nothing runs beside it. */
  sources?: CapturedSources;
  /** Whether it goes by the list of all snapshots: then it waits until that is whole, and others pass. */
  needsIndex?: boolean;
  /** @returns the job's result */
  run(context: JobContext): Promise<Record<string, unknown> | null>;
}

/** A task of a job, and what keeps it from doing anything for good when the job may not any more. */
export type FencedRun = TaskRun & { fence: Fence };

/** What a job sees of itself while it runs. */
export interface JobContext {
  /** As it is now. */
  readonly job: Job;
  /** What it does for good, to the folder, the catalog or the source, it does behind this. */
  readonly fence: Fence;
  /** Ties a child process to this job: killed with it, swept after it, its progress mapped into this part (0…1) of the job's. */
  task(from: number, to: number, stage?: string): FencedRun;
  stage(name: string): void;
  setSnapshot(id: string): void;
}

export function newJob(spec: JobSpec, at: Date): Job {
  return {
    id: randomUUID(),
    type: spec.type,
    status: 'pending',
    stage: null,
    progress: 0,
    plan: spec.plan ?? null,
    trigger: spec.trigger ?? null,
    requested_by: spec.requestedBy ?? null,
    created_at: at.toISOString(),
    started_at: null,
    finished_at: null,
    snapshot_id: spec.snapshotId ?? null,
    error: null,
    result: null,
  };
}

const PROGRESS_INTERVAL_MS = 200;
/** How often what other processes are told of it grows. */
const RECORD_INTERVAL_MS = 2000;

/** One unfinished job: its record, who watches it, and how to stop it. */
export class JobRun implements JobContext {
  /** Child processes it started; what they leave behind is swept when the job does not succeed. */
  readonly pids: number[] = [];
  /** That it was asked for. */
  readonly recorded: Promise<void>;
  readonly finished: Promise<Job>;
  /** Of the lease, once the job has it. */
  fence = new Fence(null);
  private readonly record: BehaviorSubject<Job>;
  private readonly stopping = new AbortController();
  private announceFinished!: (job: Job) => void;
  private saves: Promise<void> = Promise.resolve();
  private lastProgressAt = 0;
  private lastToldAt: number;

  constructor(
    readonly spec: JobSpec,
    job: Job,
    private readonly clock: Clock,
    /** Must not reject. */
    private readonly store: (job: Job) => Promise<void>,
  ) {
    this.record = new BehaviorSubject(job);
    this.lastToldAt = clock.now().getTime();
    this.finished = new Promise((resolve) => (this.announceFinished = resolve));
    this.recorded = this.save();
  }

  get job(): Job {
    return this.record.value;
  }

  get changes(): Observable<Job> {
    return this.record.asObservable();
  }

  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  get stopReason(): BackupError | undefined {
    return this.stopping.signal.aborted ? (this.stopping.signal.reason as BackupError) : undefined;
  }

  stop(reason: BackupError): void {
    this.stopping.abort(reason);
  }

  task(from: number, to: number, stage?: string): FencedRun {
    return {
      signal: this.signal,
      fence: this.fence,
      onStart: (pid) => this.pids.push(pid),
      onProgress: (update) =>
        this.progress(update.stage ?? stage ?? this.job.stage, from + (to - from) * update.progress),
    };
  }

  stage(name: string): void {
    if (name === this.job.stage) return;
    this.update({ stage: name });
    this.tellOthers();
  }

  setSnapshot(id: string): void {
    this.update({ snapshot_id: id });
  }

  update(changes: Partial<Job>): void {
    this.record.next({ ...this.job, ...changes });
  }

  /** Persists the record as it is now; saves of one job never overtake one another. */
  save(): Promise<void> {
    const job = this.job;
    this.saves = this.saves.then(() => this.store(job));
    return this.saves;
  }

  /** The last word about this job; nobody hears of it again. */
  close(): void {
    this.record.complete();
    this.announceFinished(this.job);
  }

  /** Other processes know only what is recorded. */
  private tellOthers(): void {
    this.lastToldAt = this.clock.now().getTime();
    void this.save();
  }

  private progress(stage: string | null, progress: number): void {
    if (isFinished(this.job)) return; // a late message of a killed child
    const now = this.clock.now().getTime();
    const dueAgain = Math.abs(now - this.lastProgressAt) >= PROGRESS_INTERVAL_MS;
    if (stage === this.job.stage && !dueAgain) return;
    this.lastProgressAt = now;
    this.update({ stage, progress: Math.max(this.job.progress, Math.min(progress, 1)) });
    if (Math.abs(now - this.lastToldAt) >= RECORD_INTERVAL_MS) this.tellOthers();
  }
}
