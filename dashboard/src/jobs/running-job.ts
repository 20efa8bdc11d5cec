import { computed, onScopeDispose, shallowRef } from 'vue';
import { isAborted } from '../api/api-error.js';
import { answer, api, BACKUPS } from '../api/client.js';
import { isFinished, type Job } from '../api/types.js';
import { followJob } from './follow-job.js';

/** Timers and events of the server start jobs, too: how often to look for them. */
const LOOK_EVERY = 15_000;

const current = shallowRef<Job | null>(null);
/** The job that runs, or waits, now; whoever shows it shows the same one. */
export const runningJob = computed(() => current.value);

const listeners = new Set<(job: Job) => void>();
let watching: AbortController | undefined;

/** Calls back whenever a job that was watched has finished: what is shown may have changed. */
export function onJobFinished(callback: (job: Job) => void): void {
  listeners.add(callback);
  onScopeDispose(() => listeners.delete(callback));
}

/** Follows a job that was just asked for, so that it is shown everywhere at once. */
export function watchJob(job: Job): void {
  if (!watching || (current.value && current.value.id !== job.id)) return; // that one is found when the current one has finished
  const { signal } = watching;
  const isKnown = current.value !== null;
  current.value = job;
  if (isKnown) return;
  followJob(job.id, (changed) => (current.value = changed), signal).then(finished, (error: unknown) => {
    if (!isAborted(error)) current.value = null;
  });
}

function finished(job: Job): void {
  current.value = null;
  for (const tell of listeners) tell(job);
  void look();
}

/** Looks for running jobs for as long as the calling component lives. */
export function useJobWatch(): void {
  watching = new AbortController();
  void look();
  const timer = setInterval(() => void look(), LOOK_EVERY);
  const onVisible = () => void look();
  document.addEventListener('visibilitychange', onVisible);
  onScopeDispose(() => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', onVisible);
    watching?.abort();
    watching = undefined;
    current.value = null;
  });
}

async function look(): Promise<void> {
  if (!watching || current.value || document.hidden) return;
  try {
    const query = { page_size: 10 };
    const { items } = await answer(api.GET(`${BACKUPS}/jobs`, { params: { query }, signal: watching.signal }));
    // The oldest that is not done: the others wait for it.
    const found = items.filter((job) => !isFinished(job)).at(-1);
    if (found && !current.value) watchJob(found);
  } catch {
    // The pages say that the server does not answer; this looks again.
  }
}
