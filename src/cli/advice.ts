import { type AdviceWords, type Job, withAdvice } from '../backup/internals.js';

/** What a person adds to the call, or calls instead. */
export const CLI_WORDS: AdviceWords = {
  allow_schema_changes: () =>
    'Change the schema back to that state, or add --allow-schema-changes to restore what fits.',
  replace_schema: () =>
    'Change the schema to that state first, or add --allow-schema-changes to replace it with that of the snapshot.',
  trust_schema: () => 'Read them; if you trust them, add --trust-schema.',
  skip_safety_snapshot: () => 'To restore without one, which cannot be undone, add --no-safety.',
  confirm_restore: () => 'To confirm it, add --yes.',
  confirm_deletions: ({ cleanup }) =>
    `To confirm it, add --confirm-deletions ${(cleanup as { deleted: number }).deleted}.`,
  confirm_clock: () =>
    'If it is right (the machine was off for that long), run "nestjs-backup cleanup --confirm-clock".',
  list_snapshots: () => '"nestjs-backup list" lists the ids.',
  list_archives: () => '"nestjs-backup list --location archived" lists archived snapshots.',
  list_jobs: () => '"nestjs-backup jobs" lists the jobs.',
  set_backup_dir: () => 'To use another folder, name it with --dir or BACKUP_DIR.',
};

/** A job as the command line tells it: of one that failed, with what can be done. */
export function presented(job: Job): Job {
  if (!job.error) return job;
  return { ...job, error: { ...job.error, message: withAdvice(job.error.message, job.error, CLI_WORDS) } };
}
