import type { Job } from '../api/types.js';
import { bytes } from '../format/bytes.js';
import { duration } from '../format/time.js';
import { resultOf } from '../restore/stages.js';
import { chosenEventOf } from '../snapshots/snapshot-words.js';
import type { Texts } from '../texts/index.js';

/** Who asked for a job, or what caused it. */
export function causeOf({ requested_by, trigger }: Job, texts: Texts['history']): string {
  if (requested_by !== null) return texts.askedBy(requested_by);
  const event = trigger && chosenEventOf(trigger);
  return event ? texts.after(event) : texts.by[trigger?.type ?? 'nobody'];
}

/** How long it waited and ran; of one that runs, nothing yet. */
export function timesOf({ created_at, started_at, finished_at }: Job, texts: Texts['history']): string[] {
  const between = (from: string, to: string) => Date.parse(to) - Date.parse(from);
  const waited = started_at === null ? 0 : between(created_at, started_at);
  return [
    waited >= 1000 ? texts.waited(duration(waited)) : '',
    started_at !== null && finished_at !== null ? texts.took(duration(between(started_at, finished_at))) : '',
  ].filter(Boolean);
}

/** What a completed job did, in a few words. */
export function outcomeOf(job: Job, { result: texts }: Texts['history']): string {
  if (job.status !== 'completed' || job.result === null) return '';
  const numberOf = (field: string) => Number(job.result?.[field] ?? 0);
  if (job.type === 'capture') return texts.stored(bytes(numberOf('size_bytes')));
  if (job.type === 'verify') return job.result['is_valid'] === true ? texts.sound : texts.damaged;
  if (job.type === 'cleanup')
    return texts.cleaned(numberOf('archived'), numberOf('deleted'), bytes(numberOf('freed_bytes')));
  const tables = Object.values(resultOf(job).tables);
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  return tables.length > 0 ? texts.restored(rows, tables.length) : '';
}

/** What a job is at, where that says more than that it runs; which other process it waits for, in the server's own words. */
export function stageOf({ stage }: Pick<Job, 'stage'>, { stages }: Texts['jobs']): string {
  if (stage === null) return '';
  return stages[stage] ?? (stage.startsWith('waiting for ') ? stage : '');
}
