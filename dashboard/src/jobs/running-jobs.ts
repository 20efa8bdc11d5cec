import { computed, onScopeDispose, shallowRef } from 'vue';
import { isAborted } from '../api/api-error.js';
import { answer, api, BACKUPS } from '../api/client.js';
import { isFinished, type Job } from '../api/types.js';
import { followJob } from './follow-job.js';

/** Timers and events of the server start jobs, too: how often to look for them. */
const LOOK_EVERY = 15_000;
/** Each takes a connection, of which a browser has few: two captures, and one that was asked for beside them. */
const MOST_FOLLOWED = 3;

const followed = shallowRef<readonly Job[]>([]);
/** The jobs that run, or wait, now, those that run first; whoever shows them shows the same ones. */
export const runningJobs = computed(() => [...followed.value].sort(byPlace));

const listeners = new Set<(job: Job) => void>();
let watching: AbortController | undefined;

/** Calls back whenever a job that was watched has finished: what is shown may have changed. */
export function onJobFinished(callback: (job: Job) => void): void {
  listeners.add(callback);
  onScopeDispose(() => listeners.delete(callback));
}

/** Follows a job that was just asked for, so that it is shown everywhere at once. One too many is found when another has finished. */
export function watchJob(job: Job): void {
  if (!watching || isFollowed(job.id) || followed.value.length >= MOST_FOLLOWED) return;
  followed.value = [...followed.value, job];
  followJob(job.id, renew, watching.signal).then(finished, (error: unknown) => {
    if (!isAborted(error)) forget(job.id);
  });
}

const isFollowed = (id: string): boolean => followed.value.some((job) => job.id === id);

function renew(changed: Job): void {
  followed.value = followed.value.map((job) => (job.id === changed.id ? changed : job));
}

function forget(id: string): void {
  followed.value = followed.value.filter((job) => job.id !== id);
}

function finished(job: Job): void {
  forget(job.id);
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
    followed.value = [];
  });
}

async function look(): Promise<void> {
  if (!watching || document.hidden) return;
  try {
    const query = { page_size: 10 };
    const { items } = await answer(api.GET(`${BACKUPS}/jobs`, { params: { query }, signal: watching.signal }));
    const unfinished = items.filter((job) => !isFinished(job)).sort(byPlace);
    const running = unfinished.filter(({ status }) => status === 'running');
    // Where none runs, the oldest that waits: the others wait for it.
    for (const job of running.length > 0 ? running : unfinished.slice(0, 1)) watchJob(job);
  } catch {
    // The pages say that the server does not answer; this looks again.
  }
}

function byPlace(one: Job, other: Job): number {
  const pending = Number(one.status === 'pending') - Number(other.status === 'pending');
  return pending || (one.started_at ?? one.created_at).localeCompare(other.started_at ?? other.created_at);
}
