import {
  In,
  LessThan,
  LessThanOrEqual,
  type EntityManager,
  type QueryDeepPartialEntity,
  type Repository,
} from 'typeorm';
import { BackupError } from '../model/errors.js';
import type { Job, JobStatus } from '../model/job.js';
import { hasEnded, THIS_PROCESS } from '../system/process-identity.js';
import { isProcessAlive } from '../system/temporary-file.js';
import type { JobQuery, Page } from './catalog.js';
import { inChunks } from './chunks.js';
import { jobOf, JobRecord } from './job.record.js';

const KEPT_JOBS = 10_000;
const JOBS_BETWEEN_CLEANUPS = 100;
const NEWEST_FIRST = { created_at: 'DESC', id: 'DESC' } as const;

/** The rows of jobs: what runs, and the newest {@link KEPT_JOBS} of what ran. */
export class JobHistory {
  private readonly rows: Repository<JobRecord>;
  private sinceCleanup = 0;

  constructor(
    manager: EntityManager,
    private readonly kept = KEPT_JOBS,
  ) {
    this.rows = manager.getRepository(JobRecord);
  }

  async save(job: Job): Promise<void> {
    const record: JobRecord = { ...job, owner_pid: process.pid, owner: THIS_PROCESS };
    await this.rows.upsert(record as QueryDeepPartialEntity<JobRecord>, ['id']);
    if (job.status !== 'pending') return;
    this.sinceCleanup = (this.sinceCleanup + 1) % JOBS_BETWEEN_CLEANUPS;
    if (this.sinceCleanup === 0) await this.deleteOld();
  }

  async get(id: string): Promise<Job> {
    const row = await this.rows.findOneBy({ id });
    if (row) return jobOf(row);
    throw new BackupError('JOB_NOT_FOUND', 'There is no job with this id.', { advice: ['list_jobs'] });
  }

  async page({ page, page_size, type, status }: JobQuery): Promise<Page<Job>> {
    const [rows, total] = await this.rows.findAndCount({
      where: { ...(type && { type }), ...(status && { status }) },
      order: NEWEST_FIRST,
      skip: (page - 1) * page_size,
      take: page_size,
    });
    return { items: rows.map(jobOf), total, page, page_size };
  }

  async captures(plan: string, until: Date, limit: number): Promise<Job[]> {
    const where = { type: 'capture' as const, plan, created_at: LessThanOrEqual(until.toISOString()) };
    return (await this.rows.find({ where, order: NEWEST_FIRST, take: limit })).map(jobOf);
  }

  async latestCapture(plan: string): Promise<Job | null> {
    const row = await this.rows.findOne({
      where: { type: 'capture', plan, status: In(['completed', 'failed', 'cancelled']) },
      order: NEWEST_FIRST,
    });
    return row && jobOf(row);
  }

  /** @param since only those submitted from this time or day on, ISO 8601 */
  async capturesByStatus(since = ''): Promise<Partial<Record<JobStatus, number>>> {
    const rows = await this.rows
      .createQueryBuilder('j')
      .select('j.status', 'status')
      .addSelect('COUNT(*)', 'count')
      .where("j.type = 'capture' AND j.created_at >= :since", { since })
      .groupBy('j.status')
      .getRawMany<{ status: JobStatus; count: number }>();
    return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
  }

  /**
   * Ends in the books what ended in fact: jobs whose process is gone.
   * @param own what jobs of this very process count as: at its start they can only be an earlier run's
   */
  async failInterrupted(now: Date, { own }: { own: 'ended' | 'alive' }): Promise<number> {
    const open = await this.rows.findBy({ status: In(['pending', 'running']) });
    const interrupted = open.filter((job) => (isOwn(job) ? own === 'ended' : isOver(job)));
    for (const { id, status } of interrupted) {
      const when = status === 'running' ? 'while this job ran' : 'before this job could run';
      const message = `The program ended ${when}. Start the job again if you still need it.`;
      const error = { error_code: 'INTERRUPTED' as const, message };
      await this.rows.update(id, { status: 'failed', error, finished_at: now.toISOString() });
    }
    return interrupted.length;
  }

  async deleteOld(): Promise<void> {
    const [oldestKept] = await this.rows.find({
      select: { id: true, created_at: true },
      order: NEWEST_FIRST,
      skip: this.kept - 1,
      take: 1,
    });
    if (!oldestKept) return;
    const old = await this.rows.find({
      select: { id: true },
      where: { created_at: LessThan(oldestKept.created_at), status: In(['completed', 'failed', 'cancelled']) },
    });
    await inChunks(old, async (rows) => void (await this.rows.delete({ id: In(rows.map(({ id }) => id)) })));
  }
}

const isOwn = ({ owner, owner_pid }: JobRecord): boolean =>
  owner === null ? owner_pid === process.pid : owner.run === THIS_PROCESS.run;

/** A process in another place, most often the container that this one took the place of, counts as gone; where it is not, it soon saves its job again. */
const isOver = ({ owner, owner_pid }: JobRecord): boolean =>
  owner === null ? !isProcessAlive(owner_pid) : owner.place !== THIS_PROCESS.place || hasEnded(owner);
