import type { BackupErrorCode } from './errors.js';
import type { Trigger } from './trigger.js';

export const JOB_TYPES = ['capture', 'restore', 'verify', 'cleanup'] as const;
export type JobType = (typeof JOB_TYPES)[number];

export const JOB_STATUSES = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

export interface JobError {
  error_code: BackupErrorCode;
  message: string;
  [detail: string]: unknown;
}

/** One run of a capture, restore, verification or clean-up, with its status and progress; also the audit trail. Wire shape. */
export interface Job {
  id: string;
  type: JobType;
  status: JobStatus;
  /** Named step of the run, for a restore `verify`, `safety_snapshot`, `restore`, `check`, `done` or `rolled_back`. Of a pending one whom it waits for, such as `waiting for the restore of process 1234`. */
  stage: string | null;
  /** 0…1 within the whole job. */
  progress: number;
  plan: string | null;
  trigger: Trigger | null;
  /** Who asked for it, as the host names its users; null for timers and events. */
  requested_by: string | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  /** The snapshot made by a capture, or used by a restore or verification. */
  snapshot_id: string | null;
  error: JobError | null;
  result: Record<string, unknown> | null;
}

export const isFinished = (job: Job): boolean =>
  job.status === 'completed' || job.status === 'failed' || job.status === 'cancelled';
