import type { Job } from '../backup/internals.js';
import { CommandError } from './failure.js';
import { EXIT, EXIT_OF } from './exit-codes.js';

/** A finished job that completed. @throws CommandError what ended it, when it did not */
export function resultOfJob(job: Job): Job & { result: Record<string, unknown> } {
  if (!job.error) return { ...job, result: job.result ?? {} };
  const { error_code, message, ...details } = job.error;
  throw new CommandError(error_code, EXIT_OF[error_code] ?? EXIT.failed, message, details);
}
