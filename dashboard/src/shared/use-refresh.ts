import { onScopeDispose } from 'vue';
import { onJobFinished } from '../jobs/running-jobs.js';

/** Keeps what a component shows fresh: every half minute while somebody can see it, and whenever a job has finished. */
export function useRefresh(reload: () => Promise<void>): void {
  const timer = setInterval(() => {
    if (!document.hidden) void reload();
  }, 30_000);
  onScopeDispose(() => clearInterval(timer));
  onJobFinished(() => void reload());
}
