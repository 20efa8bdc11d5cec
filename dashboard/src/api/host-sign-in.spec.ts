import 'vue'; // before there is a document, which it would take for a browser's
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ServedAs } from './served-as.js';

const ORIGIN = 'http://shop.test';
const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });
const refused = (status: number) => json({ status_code: status, error_code: 'ANY', message: 'Not you.' }, status);

let answers: Record<string, (request: Request) => Response>;
const seen: Request[] = [];
const stored = new Map<string, string>();
const storage = {
  getItem: (key: string) => stored.get(key) ?? null,
  setItem: (key: string, value: string) => void stored.set(key, value),
  removeItem: (key: string) => void stored.delete(key),
};
vi.stubGlobal('location', { origin: ORIGIN });
vi.stubGlobal('localStorage', storage);
vi.stubGlobal('sessionStorage', storage);
vi.stubGlobal('fetch', (request: Request) => {
  seen.push(request);
  return Promise.resolve(answers[new URL(request.url).pathname]!(request));
});

const API = '/api/admin/database/backups/stats';
const CLEANUP = '/api/admin/database/backups/cleanup';
const tokens = () => seen.map((request) => request.headers.get('Authorization'));

/** The page as a server has served it. */
async function pageWith(signIn: ServedAs['signIn']) {
  const served: ServedAs = { path: '/ops/backups', apiPrefix: '/api', signIn };
  vi.stubGlobal('document', { querySelector: () => ({ content: JSON.stringify(served) }), documentElement: {} });
  vi.resetModules();
  const { answer, api } = await import('./client.js');
  const { refusal, resumeHostSession, session, sessionEnd } = await import('./session.js');
  const { signInAddress } = await import('./host-token.js');
  return {
    refusal,
    resumeHostSession,
    session,
    sessionEnd,
    signInAddress,
    stats: () => answer(api.GET('/admin/database/backups/stats')),
    cleanUp: () => answer(api.POST('/admin/database/backups/cleanup')),
  };
}

describe('a page that an application signs in', () => {
  beforeEach(() => {
    seen.length = 0;
    stored.clear();
    answers = { [API]: () => json({ total_backups: 1 }), [CLEANUP]: () => json({}) };
  });

  it('asks the API below its prefix, with a header that no form can send', async () => {
    const page = await pageWith({});
    await page.stats();
    await page.cleanUp();
    expect(seen.map(({ url }) => url)).toEqual([ORIGIN + API, ORIGIN + CLEANUP]);
    expect(seen.map(({ headers }) => headers.get('X-Requested-With'))).toEqual(['nestjs-backup', 'nestjs-backup']);
    expect(tokens()).toEqual([null, null]);
  });

  it('is signed out at 401, and tries again when it is told to', async () => {
    const page = await pageWith({});
    answers[API] = () => refused(401);
    await expect(page.stats()).rejects.toMatchObject({ status: 401 });
    expect([page.session.value, page.sessionEnd.value]).toEqual([null, 'expired']);
    page.resumeHostSession();
    answers[API] = () => json({});
    await page.stats();
    expect(page.session.value).not.toBeNull();
  });

  it('is closed to whom nothing is shown, with the words of the guard, and not to who may not do something', async () => {
    const page = await pageWith({});
    answers = { [API]: () => refused(403), [CLEANUP]: () => refused(403) };
    await expect(page.cleanUp()).rejects.toMatchObject({ status: 403, message: 'Not you.' });
    expect(page.session.value).not.toBeNull();
    await expect(page.stats()).rejects.toMatchObject({ status: 403 });
    expect([page.session.value, page.sessionEnd.value, page.refusal.value]).toEqual([null, 'forbidden', 'Not you.']);
  });

  it('asks for a token once, and for another one when it is refused', async () => {
    let given = 0;
    let valid = 'token 1';
    const page = await pageWith({ tokenUrl: '/token' });
    answers = {
      '/token': () => json({ token: `token ${++given}` }),
      [API]: ({ headers }) => (headers.get('Authorization') === `Bearer ${valid}` ? json({}) : refused(401)),
    };
    await Promise.all([page.stats(), page.stats()]);
    await page.stats();
    expect(given).toBe(1);
    valid = 'token 2';
    await Promise.all([page.stats(), page.stats()]);
    expect(given).toBe(2);
    valid = 'none that is given';
    await expect(page.stats()).rejects.toMatchObject({ status: 401 });
    expect([given, page.session.value]).toEqual([3, null]);
  });

  it('is signed out where no token is given, and says what else the application answers', async () => {
    const page = await pageWith({ tokenUrl: '/token' });
    answers = { '/token': () => refused(401), [API]: () => refused(401) };
    await expect(page.stats()).rejects.toMatchObject({ status: 401 });
    expect(page.session.value).toBeNull();
    page.resumeHostSession();
    answers['/token'] = () => json({ access_token: 'misnamed' });
    await expect(page.stats()).rejects.toMatchObject({
      code: 'NO_TOKEN',
      message: 'GET /token answered with status 200 and no token.',
    });
  });

  it('takes the token that is stored at the moment', async () => {
    const page = await pageWith({ tokenFrom: { storage: 'localStorage', key: 'access_token' } });
    stored.set('access_token', 'first');
    await page.stats();
    stored.set('access_token', 'second');
    await page.stats();
    expect(tokens()).toEqual(['Bearer first', 'Bearer second']);
  });

  it.each([
    ['/login', `${ORIGIN}/login?return_to=%2Fops%2Fbackups%3Fq%3D1`],
    ['/login?area=a%26b', `${ORIGIN}/login?area=a%26b&return_to=%2Fops%2Fbackups%3Fq%3D1`],
  ])('leads to %s and back', async (url, address) => {
    expect((await pageWith({ url })).signInAddress('/ops/backups?q=1')).toBe(address);
  });
});
