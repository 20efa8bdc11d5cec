import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import { isAborted, toApiError, type ApiError } from '../api/api-error.js';

export interface Loaded<T> {
  /** What was loaded last; `null` before. */
  data: ShallowRef<T | null>;
  /** Why the last attempt failed. */
  error: ShallowRef<ApiError | null>;
  loading: Ref<boolean>;
  reload: () => Promise<void>;
}

/**
 * Loads something for a component: its last value, whether it is being loaded, and why that failed. A reload keeps showing the
 * last value; a newer one overtakes an older one.
 */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const data = shallowRef<T | null>(null);
  const error = shallowRef<ApiError | null>(null);
  const loading = ref(false);
  let current: AbortController | undefined;

  async function reload(): Promise<void> {
    current?.abort();
    const mine = (current = new AbortController());
    loading.value = true;
    try {
      const loaded = await load(mine.signal);
      if (mine !== current) return;
      data.value = loaded;
      error.value = null;
    } catch (thrown) {
      if (mine === current && !isAborted(thrown)) error.value = toApiError(thrown);
    } finally {
      if (mine === current) loading.value = false;
    }
  }

  onScopeDispose(() => {
    current?.abort();
    current = undefined;
  });
  void reload();
  return { data, error, loading, reload };
}
