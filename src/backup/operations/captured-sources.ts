import { resolve } from 'node:path';
import type { Plan } from '../model/plan.js';
import { holds } from '../model/sources.js';
import { isInside } from './plan-limits.js';

/** What a capture reads. */
export interface CapturedSources {
  /** Whose snapshots the next one builds on. */
  plan: string;
  /** By its name in the options; null where none is read. */
  database: string | null;
  /** Absolute. */
  paths: readonly string[];
}

export const sourcesOf = ({ name, source, database, paths }: Plan): CapturedSources => ({
  plan: name,
  database: holds(source, 'database') ? database : null,
  paths: holds(source, 'files') ? paths.map((path) => resolve(path)) : [],
});

/** Whether two captures read the same database or, going by the names, a folder in common. Two by one plan always do, whatever it named before. */
export function shareSource(a: CapturedSources, b: CapturedSources): boolean {
  if (a.plan === b.plan) return true;
  if (a.database !== null && a.database === b.database) return true;
  return a.paths.some((path) => b.paths.some((other) => isInside(path, other) || isInside(other, path)));
}
