import { expect, it, vi } from 'vitest';
import { effectScope, nextTick, shallowRef } from 'vue';
import { followIndexing, onIndexed } from './indexed.js';

it('while snapshots are being listed it looks again soon, and then tells once that they all are', async () => {
  vi.useFakeTimers();
  const data = shallowRef<{ indexing: { indexed: number; total: number } | null } | null>(null);
  const answers = [{ indexing: { indexed: 300, total: 500 } }, { indexing: null }];
  const reload = vi.fn(() => Promise.resolve(void (data.value = answers.shift()!)));
  const notified = vi.fn();
  const scope = effectScope();
  scope.run(() => {
    followIndexing({ data, reload });
    onIndexed(notified);
  });
  data.value = { indexing: { indexed: 200, total: 500 } };
  await nextTick();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(reload).toHaveBeenCalledTimes(1);
  expect(notified).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reload).toHaveBeenCalledTimes(2);
  expect(notified).toHaveBeenCalledTimes(1);
  scope.stop();
  vi.useRealTimers();
});
