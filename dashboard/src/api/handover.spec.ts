import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Account } from './types.js';

const storage = () => {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  };
};
vi.stubGlobal('sessionStorage', storage());
vi.stubGlobal('localStorage', storage());
const { askForSession, offerSession } = await import('./handover.js');
const { randomNumber } = await import('./random-number.js');
const { asSession, beginSession, endIfEndedElsewhere, endSession, session } = await import('./session.js');

const account = { id: 1, email: 'ada@example.com', name: 'Ada', role: 'admin' } as Account;
/** When messages that were sent before have arrived. */
const soon = () =>
  new Promise<void>((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(port1.close());
    port2.postMessage('');
  });
const begun = () => ({ token: 'secret', account, expiresAt: Date.now() + 60_000, id: randomNumber() });

describe('a session that a new tab takes along', () => {
  let number: string;
  beforeEach(() => {
    number = randomNumber();
    beginSession(begun());
  });
  afterEach(() => {
    endSession('expired');
    vi.useRealTimers();
  });

  it('is told to who comes with the number, and once', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    offerSession(number);
    expect(await askForSession(number)).toEqual(session.value);
    const again = askForSession(number);
    vi.advanceTimersByTime(2_000);
    expect(await again).toBeNull();
  });

  it('is told to nobody who has another number, or listens at others’', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const heard: unknown[] = [];
    const strangers = ['backups', 'backups.handover', 'backups.handover.'].map((name) => new BroadcastChannel(name));
    for (const stranger of strangers) stranger.onmessage = ({ data }: MessageEvent) => heard.push(data);
    offerSession(number);
    const wrong = askForSession(randomNumber());
    expect(await askForSession(number)).toEqual(session.value);
    vi.advanceTimersByTime(2_000);
    expect(await wrong).toBeNull();
    expect(heard).toEqual([]);
    for (const stranger of strangers) stranger.close();
  });

  it('is told no longer when that took too long, or when it has ended', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    offerSession(number);
    vi.advanceTimersByTime(15_000);
    const late = askForSession(number);
    vi.advanceTimersByTime(2_000);
    expect(await late).toBeNull();
    offerSession(number);
    endSession();
    const ended = askForSession(number);
    await soon();
    vi.advanceTimersByTime(2_000);
    expect(await ended).toBeNull();
  });
});

describe('signing out', () => {
  it('ends the session in every tab that holds it, and in those that are loaded later', () => {
    const shared = begun();
    beginSession(shared);
    endSession();
    beginSession(shared); // as another tab holds it
    endIfEndedElsewhere();
    expect(session.value).toBeNull();
    expect(asSession(shared)).toBeNull();
  });

  it('leaves other sessions alone, and so does one that expired', () => {
    beginSession(begun());
    endSession();
    const other = begun();
    beginSession(other);
    endIfEndedElsewhere();
    expect(session.value).toEqual(other);
    endSession('expired');
    expect(asSession(other)).toEqual(other);
  });

  it('is forgotten when the session would have ended by itself', () => {
    const short = { ...begun(), expiresAt: Date.now() - 1 };
    beginSession(short);
    endSession();
    beginSession(begun());
    endSession();
    expect(localStorage.getItem('backups.ended')).not.toContain(short.id);
  });

  it('takes nothing for a session that is none', () => {
    for (const found of [null, 'x', {}, { ...begun(), token: '' }, { ...begun(), expiresAt: Date.now() - 1 }])
      expect(asSession(found)).toBeNull();
  });
});
