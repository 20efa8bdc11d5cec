import { shallowRef } from 'vue';
import { isEnded, noteEnd } from './ended-sessions.js';
import { servedAs } from './served-as.js';
import type { Account } from './types.js';

export interface OwnSession {
  token: string;
  account: Account;
  /** Milliseconds since 1970. */
  expiresAt: number;
  /** The same in every tab that was handed this session: where one signs out, all do. It opens nothing. */
  id: string;
}

/** Signed in to the application around the page, until it says otherwise. It knows who it is; the page does not. */
export interface HostSession {
  id: 'host';
  account?: undefined;
}

export type Session = OwnSession | HostSession;

/** Why nobody is signed in any more; `null` when the person asked for it, and when nobody was. */
export type SessionEnd = 'expired' | 'forbidden' | null;

const KEY = 'backups.session';

const isOfHost = servedAs.signIn.form === undefined;

/** Who is signed in. Ours is kept for this tab only: session storage survives a reload, and ends with the tab. */
export const session = shallowRef<Session | null>(isOfHost ? { id: 'host' } : stored());
export const sessionEnd = shallowRef<SessionEnd>(null);
/** What the server said when it refused the account. */
export const refusal = shallowRef('');

let timer: ReturnType<typeof setTimeout> | undefined;
watchExpiry();

export function beginSession(begun: OwnSession): void {
  sessionStorage.setItem(KEY, JSON.stringify(begun));
  session.value = begun;
  sessionEnd.value = null;
  watchExpiry();
}

/** Somebody may have signed in to the application meanwhile: the next request tells. */
export function resumeHostSession(): void {
  session.value = { id: 'host' };
  sessionEnd.value = null;
}

export function endSession(reason: SessionEnd = null, words = ''): void {
  if (!session.value) return;
  if (reason === null && session.value.account) noteEnd(session.value);
  sessionStorage.removeItem(KEY);
  session.value = null;
  sessionEnd.value = reason;
  refusal.value = words;
  watchExpiry();
}

/** Somebody may have signed out in another tab. */
export function endIfEndedElsewhere(): void {
  if (session.value && isEnded(session.value.id)) endSession();
}

/** What another tab, or an earlier page of this one, says of a session, if it is still one. */
export function asSession(found: unknown): OwnSession | null {
  const { token, account, expiresAt, id } = (found ?? {}) as Partial<OwnSession>;
  if (!token || !account || !expiresAt || !id || expiresAt <= Date.now() || isEnded(id)) return null;
  return { token, account, expiresAt, id };
}

function watchExpiry(): void {
  clearTimeout(timer);
  if (session.value?.account) timer = setTimeout(() => endSession('expired'), session.value.expiresAt - Date.now());
}

function stored(): OwnSession | null {
  try {
    return asSession(JSON.parse(sessionStorage.getItem(KEY) ?? 'null'));
  } catch {
    return null; // not ours, or of an older version
  }
}
