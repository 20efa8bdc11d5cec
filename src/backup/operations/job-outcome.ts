import { BackupError } from '../model/errors.js';
import type { Job } from '../model/job.js';

/** The result of a finished job. @throws BackupError what ended it, when it did not complete */
export function resultOf(job: Job): Record<string, unknown> {
  if (job.error) {
    const { error_code, message, ...details } = job.error;
    throw new BackupError(error_code, message, details);
  }
  return job.result ?? {};
}
