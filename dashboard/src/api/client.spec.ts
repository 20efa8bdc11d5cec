import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Account } from './types.js';

const kept = new Map<string, string>();
vi.stubGlobal('location', { origin: 'http://backups.test' });
vi.stubGlobal('sessionStorage', {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => kept.set(key, value),
  removeItem: (key: string) => kept.delete(key),
});
const { answer, api, maintenance } = await import('./client.js');
const { beginSession, endSession, session, sessionEnd } = await import('./session.js');

const ada = { id: 1, email: 'ada@example.com', name: 'Ada', role: 'admin' } as Account;
const json = (body: unknown, status = 200, headers = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });
const problem = (status: number, error_code: string) =>
  json({ status_code: status, error_code, message: 'So it is.' }, status);
const restoring = (retryAfter: string) =>
  json({ status_code: 503, error_code: 'MAINTENANCE', message: 'A restore is running.' }, 503, {
    'Retry-After': retryAfter,
  });

const stats = () => answer(api.GET('/admin/database/backups/stats'));

describe('the client', () => {
  const seen: Request[] = [];
  let answers: (() => Response | Promise<Response>)[];

  beforeEach(() => {
    vi.useFakeTimers();
    seen.length = 0;
    vi.stubGlobal('fetch', (request: Request) => {
      seen.push(request);
      return Promise.resolve(answers.shift()!());
    });
    beginSession({ token: 'secret', account: ada, expiresAt: Date.now() + 60_000, id: 'one' });
  });
  afterEach(() => {
    endSession();
    vi.useRealTimers();
  });

  it('sends the token, in the header alone', async () => {
    answers = [() => json({ total_backups: 1 })];
    expect(await stats()).toEqual({ total_backups: 1 });
    expect(seen[0]!.headers.get('Authorization')).toBe('Bearer secret');
    expect(seen[0]!.url).toBe('http://backups.test/admin/database/backups/stats');
  });

  it('gives what the server said as an error with its code', async () => {
    answers = [() => problem(404, 'SNAPSHOT_NOT_FOUND')];
    await expect(stats()).rejects.toMatchObject({ status: 404, code: 'SNAPSHOT_NOT_FOUND', message: 'So it is.' });
  });

  it('tells that the server does not answer, and an answer that is not of it', async () => {
    answers = [() => Promise.reject(new TypeError('Failed to fetch'))];
    await expect(stats()).rejects.toMatchObject({ status: 0, code: 'UNREACHABLE' });
    answers = [() => new Response('<h1>Bad gateway</h1>', { status: 502 })];
    await expect(stats()).rejects.toMatchObject({ status: 502, code: 'HTTP_502' });
  });

  it('waits out a restore, and says so meanwhile', async () => {
    answers = [() => restoring('5'), () => restoring('1'), () => json({ total_backups: 2 })];
    const loaded = stats();
    await vi.advanceTimersByTimeAsync(4_999);
    expect([maintenance.value, seen.length]).toEqual([true, 1]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await loaded).toEqual({ total_backups: 2 });
    expect([maintenance.value, seen.length]).toEqual([false, 3]);
  });

  it('sends the body again after a restore', async () => {
    answers = [() => restoring('1'), () => json({})];
    const done = answer(api.PUT('/admin/database/backups/config', { body: { retention_days: 9 } }));
    await vi.advanceTimersByTimeAsync(1_000);
    await done;
    expect(await Promise.all(seen.map((request) => request.json()))).toEqual([
      { retention_days: 9 },
      { retention_days: 9 },
    ]);
  });

  it('stops waiting for a restore when nobody wants the answer any more', async () => {
    answers = [() => restoring('5')];
    const gone = new AbortController();
    const ended = expect(
      answer(api.GET('/admin/database/backups/stats', { signal: gone.signal })),
    ).rejects.toMatchObject({
      name: 'AbortError',
    });
    await vi.advanceTimersByTimeAsync(100);
    gone.abort();
    await ended;
    expect(maintenance.value).toBe(false);
  });

  it.each([
    [401, 'expired'],
    [403, 'forbidden'],
  ] as const)('ends the session at %d', async (status, reason) => {
    answers = [() => problem(status, 'ANY')];
    await expect(stats()).rejects.toThrow();
    expect([session.value, sessionEnd.value, kept.size]).toEqual([null, reason, 0]);
  });

  it('does not end a session for the answer to an earlier one', async () => {
    answers = [
      () => {
        beginSession({ token: 'newer', account: ada, expiresAt: Date.now() + 60_000, id: 'other' });
        return problem(401, 'UNAUTHORIZED');
      },
    ];
    await expect(stats()).rejects.toThrow();
    expect(session.value).toMatchObject({ token: 'newer' });
  });

  it('ends the session when its time is up', async () => {
    await vi.advanceTimersByTimeAsync(60_000);
    expect([session.value, sessionEnd.value]).toEqual([null, 'expired']);
  });
});
