import { toRaw } from 'vue';
import { session } from '../api/session.js';
import type { Draft } from './config-changes.js';

/** Settings that were being edited when the session ended; only for the same person, and only while the page lives. */
let kept: { draft: Draft; of: number } | null = null;
let lastAccount: number | undefined;

export function keepDraft(draft: Draft): void {
  if (lastAccount !== undefined) kept = { draft: structuredClone(toRaw(draft)), of: lastAccount };
}

/** Gives it back once. */
export function takeKeptDraft(): Draft | null {
  lastAccount = session.value?.account?.id;
  const found = kept !== null && kept.of === lastAccount ? kept.draft : null;
  kept = null;
  return found;
}
