import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Job, JobError, JobStatus, JobType } from '../model/job.js';
import type { Trigger } from '../model/trigger.js';
import { json } from './column.transformers.js';

/** A job as a row. */
@Entity('backup_jobs')
export class JobRecord implements Job {
  @PrimaryColumn('varchar')
  id!: string;

  @Column('varchar')
  created_at!: string;

  @Column('varchar')
  type!: JobType;

  @Column('varchar')
  status!: JobStatus;

  @Column('varchar', { nullable: true })
  plan!: string | null;

  @Column('varchar', { nullable: true })
  stage!: string | null;

  @Column('float')
  progress!: number;

  @Column('varchar', { nullable: true })
  requested_by!: string | null;

  @Column('varchar', { nullable: true })
  started_at!: string | null;

  @Column('varchar', { nullable: true })
  finished_at!: string | null;

  @Column('varchar', { nullable: true })
  snapshot_id!: string | null;

  /** The process that runs it, so that one which ended is told from one that lives beside this. */
  @Column('integer')
  owner_pid!: number;

  @Column('text', { nullable: true, transformer: json })
  trigger!: Trigger | null;

  @Column('text', { nullable: true, transformer: json })
  error!: JobError | null;

  @Column('text', { nullable: true, transformer: json })
  result!: Record<string, unknown> | null;
}

export function jobOf(record: JobRecord): Job {
  const { owner_pid: _pid, ...job } = record;
  return job;
}
