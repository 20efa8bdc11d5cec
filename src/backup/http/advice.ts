import { type AdviceWords, withAdvice } from '../model/advice.js';
import type { Job } from '../model/job.js';

/** What a client sends, or where it looks. */
export const HTTP_WORDS: AdviceWords = {
  allow_schema_changes: () =>
    'Change the schema back to that state, or send "allow_schema_changes": true to restore what fits.',
  replace_schema: () =>
    'Change the schema to that state first, or send "allow_schema_changes": true to replace it with that of the snapshot.',
  trust_schema: () => 'Read them; if you trust them, send "trust_schema": true.',
  skip_safety_snapshot: () => 'To restore without one, which cannot be undone, send "skip_safety_snapshot": true.',
  confirm_restore: ({ snapshot_id }) => `To confirm it, send "confirm": "${String(snapshot_id)}".`,
  confirm_deletions: ({ cleanup }) =>
    `To confirm it, send "confirm_deletions=${(cleanup as { deleted: number }).deleted}" in the query.`,
  confirm_clock: () =>
    'If it is right (the machine was off for that long), run the clean-up again with "confirm_clock=true" in the query.',
  list_snapshots: () => 'GET …/backups lists the ids.',
  list_archives: () => 'GET …/backups/all lists the archives and their snapshots.',
  list_jobs: () => 'GET …/backups/jobs lists the jobs.',
  set_backup_dir: () => 'To use another folder, set BACKUP_DIR, or the option that the application uses instead.',
};

/** What happened and what to do, for who reads it as it is; and what happened alone, for a client that has words of its own for the rest. */
export function worded(
  message: string,
  details: Readonly<Record<string, unknown>>,
): { message: string; problem?: string } {
  const whole = withAdvice(message, details, HTTP_WORDS);
  return whole === message ? { message } : { message: whole, problem: message };
}

/** A job as it is told over HTTP. The record of one that failed keeps the names of what can be done, not the words. */
export function presented<J extends Job>(job: J): J {
  if (!job.error) return job;
  return { ...job, error: { ...job.error, ...worded(job.error.message, job.error) } };
}
