import { onScopeDispose, shallowRef } from 'vue';
import { isAborted, toApiError, type ApiError } from '../api/api-error.js';
import type { Job } from '../api/types.js';
import { followJob } from './follow-job.js';

/** One job, live until it has finished or the component is gone. */
export function useJob(id: string) {
  const job = shallowRef<Job | null>(null);
  const error = shallowRef<ApiError | null>(null);
  const gone = new AbortController();
  onScopeDispose(() => gone.abort());
  followJob(id, (changed) => (job.value = changed), gone.signal).catch((thrown: unknown) => {
    if (!isAborted(thrown)) error.value = toApiError(thrown);
  });
  return { job, error };
}
