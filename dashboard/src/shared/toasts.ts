import { shallowRef } from 'vue';

export interface Toast {
  id: number;
  text: string;
  tone: 'success' | 'error' | 'info';
}

/** The one that is shown. */
export const currentToast = shallowRef<Toast | null>(null);
let lastId = 0;

/** Tells a result in passing, in place of the one before. What somebody must act on belongs on the page instead. */
export function toast(text: string, tone: Toast['tone'] = 'success'): void {
  currentToast.value = { id: ++lastId, text, tone };
}

export function dismissToast(id: number): void {
  if (currentToast.value?.id === id) currentToast.value = null;
}
