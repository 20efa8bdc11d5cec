import { BackupError } from '../model/errors.js';
import type { Job, JobType } from '../model/job.js';
import type { JobResults } from '../model/job-results.js';

/** The result of a finished job of a type. @throws BackupError what ended it, when it did not complete */
export function resultOf<Type extends JobType>(type: Type, job: Job): JobResults[Type] {
  assertCompleted(job);
  if (job.type !== type || job.result === null)
    throw new TypeError(`The job ${job.id} is a ${job.type}, not a ${type}.`);
  return job.result as unknown as JobResults[Type]; // as the operation of this type made it
}

/** @throws BackupError what ended the job, when it did not complete */
export function assertCompleted(job: Job): void {
  const error = errorOf(job);
  if (error) throw error;
}

/** What ended a job that did not complete. */
export function errorOf({ error }: Job): BackupError | null {
  if (!error) return null;
  const { error_code, message, ...details } = error;
  return new BackupError(error_code, message, details);
}
