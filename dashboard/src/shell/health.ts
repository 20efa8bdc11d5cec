import { inject, provide, type InjectionKey } from 'vue';
import { answer, api, BACKUPS } from '../api/client.js';
import { followIndexing } from '../shared/indexed.js';
import { useLoad, type Loaded } from '../shared/use-load.js';
import { useRefresh } from '../shared/use-refresh.js';
import type { Health } from '../api/types.js';

const KEY: InjectionKey<Loaded<Health>> = Symbol('health');

/** Loads how the backups are doing, once for the mark in the bar and the pages below it, and keeps it fresh. */
export function provideHealth(): Loaded<Health> {
  const health = useLoad((signal) => answer(api.GET(`${BACKUPS}/health`, { signal })));
  useRefresh(health.reload);
  followIndexing(health);
  provide(KEY, health);
  return health;
}

export const useHealth = (): Loaded<Health> => inject(KEY)!;
