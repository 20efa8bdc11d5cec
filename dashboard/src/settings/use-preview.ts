import { onScopeDispose, ref, shallowRef, watch } from 'vue';
import { isAborted, toApiError, type ApiError } from '../api/api-error.js';
import { answer, api, BACKUPS } from '../api/client.js';
import type { components } from '../api/schema.js';
import type { ConfigChanges } from '../api/types.js';
import { faultsOf, type Faults } from './config-changes.js';

export type Consequences = components['schemas']['BackupConfigConsequences'];
export type PlanPreview = components['schemas']['BackupPlanPreview'];

const TYPING_PAUSE = 300;

/** Asks the server what it would make of changed settings, whenever they change: when plans would run next, and what is wrong. */
export function useConfigPreview(changes: () => ConfigChanges) {
  const schedule = shallowRef<PlanPreview[]>([]);
  /** What the next clean-up would do because of the changes. */
  const cleanup = shallowRef<Consequences | null>(null);
  const faults = shallowRef<Faults>({});
  /** Something else than a bad field. */
  const error = shallowRef<ApiError | null>(null);
  const isChecking = ref(false);
  let current: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function check(): Promise<void> {
    current?.abort();
    const mine = (current = new AbortController());
    isChecking.value = true;
    try {
      const preview = await answer(api.POST(`${BACKUPS}/config/preview`, { body: changes(), signal: mine.signal }));
      if (mine !== current) return;
      schedule.value = preview.schedule;
      cleanup.value = preview.cleanup;
      faults.value = {};
      error.value = null;
    } catch (thrown) {
      if (mine === current && !isAborted(thrown)) refuse(toApiError(thrown));
    } finally {
      if (mine === current) isChecking.value = false;
    }
  }

  /** What a field is told, it shows; the rest stands by itself. */
  function refuse(thrown: ApiError): void {
    faults.value = faultsOf(thrown.details.errors);
    error.value = thrown.details.errors ? null : thrown;
  }

  watch(
    () => JSON.stringify(changes()),
    () => {
      isChecking.value = true;
      clearTimeout(timer);
      timer = setTimeout(() => void check(), TYPING_PAUSE);
    },
  );
  void check();
  onScopeDispose(() => {
    clearTimeout(timer);
    current?.abort();
    current = undefined;
  });
  return { schedule, cleanup, faults, error, isChecking, refuse, check };
}
