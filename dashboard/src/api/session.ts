import { shallowRef } from 'vue';
import type { Account } from './types.js';

export interface Session {
  token: string;
  account: Account;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** Why nobody is signed in any more; `null` when the person asked for it. */
export type SessionEnd = 'expired' | 'forbidden' | null;

const KEY = 'backups.session';

/** Who is signed in. Kept for this tab only: session storage survives a reload, and ends with the tab. */
export const session = shallowRef<Session | null>(stored());
export const sessionEnd = shallowRef<SessionEnd>(null);

let timer: ReturnType<typeof setTimeout> | undefined;
watchExpiry();

export function beginSession(begun: Session): void {
  sessionStorage.setItem(KEY, JSON.stringify(begun));
  session.value = begun;
  sessionEnd.value = null;
  watchExpiry();
}

export function endSession(reason: SessionEnd = null): void {
  if (!session.value) return;
  sessionStorage.removeItem(KEY);
  session.value = null;
  sessionEnd.value = reason;
  watchExpiry();
}

function watchExpiry(): void {
  clearTimeout(timer);
  if (session.value) timer = setTimeout(() => endSession('expired'), session.value.expiresAt - Date.now());
}

function stored(): Session | null {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Partial<Session> | null;
    const { token, account, expiresAt } = found ?? {};
    return token && account && expiresAt && expiresAt > Date.now() ? { token, account, expiresAt } : null;
  } catch {
    return null; // not ours, or of an older version
  }
}
