import type { Job } from '../api/types.js';

export const STAGES = ['verify', 'safety_snapshot', 'restore', 'check'] as const;
export type Stage = (typeof STAGES)[number];
export type StageState = 'waiting' | 'active' | 'done' | 'failed' | 'stopped' | 'skipped';

/** How far a restore is, step by step. */
export function stagesOf(job: Pick<Job, 'status' | 'stage' | 'result'>): { stage: Stage; state: StageState }[] {
  const reached = reachedBy(job);
  return STAGES.map((stage, index) => ({ stage, state: stateOf(job, stage, index, reached) }));
}

/** The index of the step that it is at; behind the last one when it is done. */
function reachedBy({ status, stage }: Pick<Job, 'status' | 'stage'>): number {
  if (status === 'completed' || stage === 'done') return STAGES.length;
  // Putting back and checking are one step to the database, which took both back.
  if (stage === 'rolled_back') return STAGES.indexOf('restore');
  return STAGES.findIndex((known) => known === stage);
}

function stateOf(
  { status, result }: Pick<Job, 'status' | 'result'>,
  stage: Stage,
  index: number,
  reached: number,
): StageState {
  if (stage === 'safety_snapshot' && result?.['safety_snapshot_id'] === null) return 'skipped';
  if (index < reached) return 'done';
  if (index > reached) return 'waiting';
  if (status === 'cancelled') return 'stopped';
  return status === 'failed' ? 'failed' : 'active';
}

/** A restore that ended without success: what became of the data. Of several parts the first may be restored already. */
export function dataAfter({ stage }: Pick<Job, 'stage'>, hasParts: boolean): 'unchanged' | 'rolledBack' | 'halfway' {
  if (stage !== 'restore' && stage !== 'check' && stage !== 'rolled_back') return 'unchanged';
  return hasParts ? 'halfway' : 'rolledBack';
}

/** What a completed restore did, as its job says. */
export interface RestoreResult {
  tables: Record<string, { rows: number }>;
  files?: { files: number; bytes: number };
  safety_snapshot_id: string | null;
  duration_ms: number;
  warnings: string[];
}

export function resultOf({ result }: Pick<Job, 'result'>): RestoreResult {
  const { tables, files, safety_snapshot_id, duration_ms, warnings } = (result ?? {}) as Partial<RestoreResult>;
  return {
    tables: tables ?? {},
    ...(files ? { files } : {}),
    safety_snapshot_id: safety_snapshot_id ?? null,
    duration_ms: duration_ms ?? 0,
    warnings: warnings ?? [],
  };
}
