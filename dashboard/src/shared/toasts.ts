import { computed, shallowRef } from 'vue';

export interface Toast {
  id: number;
  text: string;
  tone: 'success' | 'error' | 'info';
}

const shown = shallowRef<Toast[]>([]);
export const toasts = computed(() => shown.value);
let lastId = 0;

/** Tells a result in passing. What somebody must act on belongs on the page instead. */
export function toast(text: string, tone: Toast['tone'] = 'success'): void {
  shown.value = [...shown.value, { id: ++lastId, text, tone }];
}

export function dismissToast(id: number): void {
  shown.value = shown.value.filter((other) => other.id !== id);
}
