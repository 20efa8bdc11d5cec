import { onScopeDispose } from 'vue';
import { onJobFinished } from '../jobs/running-jobs.js';
import { onIndexed } from './indexed.js';

/** Keeps what a component shows fresh: every half minute while somebody can see it, whenever a job has finished, and when all snapshots are listed. */
export function useRefresh(reload: () => Promise<void>): void {
  const timer = setInterval(() => {
    if (!document.hidden) void reload();
  }, 30_000);
  onScopeDispose(() => clearInterval(timer));
  onJobFinished(() => void reload());
  onIndexed(() => void reload());
}
