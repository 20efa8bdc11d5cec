import { onScopeDispose, ref } from 'vue';
import { onBeforeRouteLeave } from 'vue-router';

/** Asks before a page with unsaved changes is left, or the tab is closed. */
export function useLeaveGuard(hasChanges: () => boolean) {
  const isAsking = ref(false);
  let decide: ((leaves: boolean) => void) | undefined;

  function answer(leaves: boolean): void {
    isAsking.value = false;
    decide?.(leaves);
    decide = undefined;
  }

  onBeforeRouteLeave(() => {
    if (!hasChanges()) return true;
    decide?.(false); // an earlier attempt to leave
    isAsking.value = true;
    return new Promise<boolean>((resolve) => (decide = resolve));
  });

  const onClose = (event: BeforeUnloadEvent) => {
    if (hasChanges()) event.preventDefault();
  };
  window.addEventListener('beforeunload', onClose);
  onScopeDispose(() => window.removeEventListener('beforeunload', onClose));
  return { isAsking, answer };
}
