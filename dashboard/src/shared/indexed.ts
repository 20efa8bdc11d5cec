import { onScopeDispose, watch } from 'vue';
import type { Health } from '../api/types.js';
import type { Loaded } from './use-load.js';

/** How often to look while snapshots are being listed. */
const OFTEN = 2_000;

const listeners = new Set<() => void>();

/** Calls back when all snapshots have been listed: until then the server answers with a part of them. */
export function onIndexed(callback: () => void): void {
  listeners.add(callback);
  onScopeDispose(() => listeners.delete(callback));
}

/** Looks often while snapshots are being listed, and says when they all are. */
export function followIndexing({ data, reload }: Pick<Loaded<Pick<Health, 'indexing'>>, 'data' | 'reload'>): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  watch(data, (now, before) => {
    clearTimeout(timer);
    if (now?.indexing) timer = setTimeout(() => void reload(), OFTEN);
    else if (before?.indexing) for (const tell of listeners) tell();
  });
  onScopeDispose(() => clearTimeout(timer));
}
