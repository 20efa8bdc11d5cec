import { readonly, ref } from 'vue';

const EVERY = 15_000;
const clock = ref(Date.now());

/** The present, in steps that nobody would call late: what shows a distance to it follows. */
export const now = readonly(clock);

if (typeof document !== 'undefined') {
  const tick = () => (clock.value = Date.now());
  setInterval(tick, EVERY);
  document.addEventListener('visibilitychange', tick);
}
