import { shallowRef } from 'vue';
import { isEnded, noteEnd } from './ended-sessions.js';
import type { Account } from './types.js';

export interface Session {
  token: string;
  account: Account;
  /** Milliseconds since 1970. */
  expiresAt: number;
  /** The same in every tab that was handed this session: where one signs out, all do. It opens nothing. */
  id: string;
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
  if (reason === null) noteEnd(session.value);
  sessionStorage.removeItem(KEY);
  session.value = null;
  sessionEnd.value = reason;
  watchExpiry();
}

/** Somebody may have signed out in another tab. */
export function endIfEndedElsewhere(): void {
  if (session.value && isEnded(session.value.id)) endSession();
}

/** What another tab, or an earlier page of this one, says of a session, if it is still one. */
export function asSession(found: unknown): Session | null {
  const { token, account, expiresAt, id } = (found ?? {}) as Partial<Session>;
  if (!token || !account || !expiresAt || !id || expiresAt <= Date.now() || isEnded(id)) return null;
  return { token, account, expiresAt, id };
}

function watchExpiry(): void {
  clearTimeout(timer);
  if (session.value) timer = setTimeout(() => endSession('expired'), session.value.expiresAt - Date.now());
}

function stored(): Session | null {
  try {
    return asSession(JSON.parse(sessionStorage.getItem(KEY) ?? 'null'));
  } catch {
    return null; // not ours, or of an older version
  }
}
