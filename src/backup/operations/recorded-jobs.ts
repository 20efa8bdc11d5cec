import { Injectable } from '@nestjs/common';
import { distinctUntilChanged, exhaustMap, type Observable, Subject, takeUntil, takeWhile, timer } from 'rxjs';
import { isDeepStrictEqual } from 'node:util';
import { Catalog, type JobQuery, type Page } from '../catalog/catalog.js';
import { isFinished, type Job } from '../model/job.js';

const LOOK_MS = 1000;

/** Jobs that this process does not run: those that have ended, and those of other processes, as they last recorded them. */
@Injectable()
export class RecordedJobs {
  private readonly closing = new Subject<void>();

  constructor(private readonly catalog: Catalog) {}

  /** @throws BackupError `JOB_NOT_FOUND` */
  async get(id: string): Promise<Job> {
    const job = await this.catalog.getJob(id);
    if (isFinished(job)) return job;
    await this.catalog.endInterruptedJobs();
    return this.catalog.getJob(id);
  }

  /** @param isOwn whether this process runs it, so that it has surely not been interrupted */
  async page(query: JobQuery, isOwn: (id: string) => boolean): Promise<Page<Job>> {
    const page = await this.catalog.jobs(query);
    if (page.items.every((job) => isFinished(job) || isOwn(job.id))) return page;
    await this.catalog.endInterruptedJobs();
    return this.catalog.jobs(query);
  }

  /** The job as it is now, then each change that is recorded; completes when it has finished. */
  watch(id: string): Observable<Job> {
    return timer(0, LOOK_MS).pipe(
      exhaustMap(() => this.get(id)),
      distinctUntilChanged((before, now) => isDeepStrictEqual(before, now)),
      takeWhile((job) => !isFinished(job), true),
      takeUntil(this.closing),
    );
  }

  /** Ends all watching. */
  close(): void {
    this.closing.next();
  }
}
