import { EntitySchema } from 'typeorm';
import type { Job, JobError, JobStatus, JobType } from '../model/job.js';
import type { Trigger } from '../model/trigger.js';
import type { ProcessIdentity } from '../system/process-identity.js';
import { json } from './column.transformers.js';

/** A job as a row. */
export class JobRecord implements Job {
  id!: string;
  created_at!: string;
  type!: JobType;
  status!: JobStatus;
  plan!: string | null;
  stage!: string | null;
  progress!: number;
  requested_by!: string | null;
  started_at!: string | null;
  finished_at!: string | null;
  snapshot_id!: string | null;

  /** The process that runs it, so that one which ended is told from one that lives beside this. */
  owner_pid!: number;
  /** The same, told from others that had or have its number; null where an older version of the program recorded the job. */
  owner!: ProcessIdentity | null;
  trigger!: Trigger | null;
  error!: JobError | null;
  result!: Record<string, unknown> | null;
}

export const JOBS = new EntitySchema<JobRecord>({
  name: 'JobRecord',
  target: JobRecord,
  tableName: 'backup_jobs',
  columns: {
    id: { type: 'varchar', primary: true },
    created_at: { type: 'varchar' },
    type: { type: 'varchar' },
    status: { type: 'varchar' },
    plan: { type: 'varchar', nullable: true },
    stage: { type: 'varchar', nullable: true },
    progress: { type: 'float' },
    requested_by: { type: 'varchar', nullable: true },
    started_at: { type: 'varchar', nullable: true },
    finished_at: { type: 'varchar', nullable: true },
    snapshot_id: { type: 'varchar', nullable: true },
    owner_pid: { type: 'integer' },
    owner: { type: 'text', nullable: true, transformer: json },
    trigger: { type: 'text', nullable: true, transformer: json },
    error: { type: 'text', nullable: true, transformer: json },
    result: { type: 'text', nullable: true, transformer: json },
  },
});

export function jobOf(record: JobRecord): Job {
  const { owner_pid: _pid, owner: _owner, ...job } = record;
  return job;
}
