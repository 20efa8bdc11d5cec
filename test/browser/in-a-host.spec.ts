import { text } from 'node:stream/consumers';
import { afterEach, expect } from 'vitest';
import { SignedInHost } from '../support/signed-in-host.js';
import { describeInBrowser, visitsTo, type Visit } from '../support/visits.js';

const ROUTES = '/api/admin/database/backups';

describeInBrowser('the dashboard in an application', () => {
  let host: SignedInHost;
  const visit = visitsTo(() => host, '/ops/backups');
  const anonymous = { signedIn: false };

  afterEach(() => host.stop());

  /** By the page of the host, from the dashboard and back. */
  async function signInAs({ page }: Visit, user: 'ida' | 'sam'): Promise<void> {
    await page.getByRole('link', { name: /^Sign in/ }).click();
    await page.getByRole('heading', { name: 'Our shop' }).waitFor();
    await page.getByRole('button', { name: `I am ${user}` }).click();
  }

  async function backUp(visit: Visit, description: string): Promise<void> {
    const { page } = visit;
    await page.getByRole('button', { name: 'Back up now' }).click();
    const dialog = page.getByRole('dialog', { name: 'Back up now' });
    await dialog.getByLabel('Description').fill(description);
    await dialog.getByRole('button', { name: 'Back up', exact: true }).click();
    await visit.told('Backup completed');
  }

  async function restore(visit: Visit, description: string): Promise<void> {
    const { page } = visit;
    await page.getByRole('link', { name: description }).click();
    await visit.heading(description).waitFor();
    const id = new URL(page.url()).pathname.split('/').at(-1)!;
    await page.getByRole('main').getByRole('button', { name: 'Restore …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Next' }).click();
    await dialog.getByText('2 rows come back').first().waitFor();
    await dialog.getByRole('button', { name: 'Next' }).click();
    await dialog.getByRole('textbox').fill(id);
    await dialog.getByRole('button', { name: 'Restore now' }).click();
    await dialog.getByRole('heading', { name: 'Restored', exact: true }).waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();
  }

  async function downloaded({ page }: Visit): Promise<string> {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download' }).click(),
    ]);
    return text(await download.createReadStream());
  }

  visit(
    'shows nothing to who is not signed in, leads to the page that signs in, and back to the same place',
    async (visit) => {
      const { page } = visit;
      host = await SignedInHost.start({ url: '/login' });
      visit.expectRefusals(401);
      await visit.open('/snapshots?pinned=true');
      await visit.heading('Sign in').waitFor();
      expect(await page.getByRole('navigation').count()).toBe(0);
      expect(await page.getByLabel('Password').count()).toBe(0);
      const link = await page.getByRole('link', { name: 'Sign in' }).getAttribute('href');
      expect(link).toBe(`${host.address}/login?return_to=%2Fops%2Fbackups%2Fsnapshots%3Fpinned%3Dtrue`);

      await signInAs(visit, 'ida');
      await visit.heading('Snapshots').waitFor();
      expect(page.url()).toBe(`${host.address}/ops/backups/snapshots?pinned=true`);
      expect(await page.getByRole('button', { name: 'Account' }).count()).toBe(0);
    },
    anonymous,
  );

  visit(
    'lists, captures, downloads and restores with the cookie of the application',
    async (visit) => {
      const { page } = visit;
      host = await SignedInHost.start({ url: '/login' });
      visit.expectRefusals(401);
      const asked: { method: string; path: string; headers: Record<string, string> }[] = [];
      page.on('request', (request) =>
        asked.push({
          method: request.method(),
          path: new URL(request.url()).pathname,
          headers: request.headers(),
        }),
      );
      await visit.open();
      await signInAs(visit, 'ida');
      await visit.heading('Overview').waitFor();
      await page.getByRole('link', { name: 'Snapshots', exact: true }).click();
      await backUp(visit, 'Before the fair');
      await page.getByRole('link', { name: 'Before the fair' }).waitFor();
      host.loseOrders();
      await restore(visit, 'Before the fair');
      expect(host.orders()).toEqual(['tea', 'jam']);

      expect(await downloaded(visit)).toContain('"jam"');
      await page.getByRole('link', { name: 'Jobs', exact: true }).click();
      await page.getByText('ida@shop.example').first().waitFor();

      const calls = asked.filter(({ path }) => path.startsWith(ROUTES));
      expect(calls.filter(({ headers }) => headers['x-requested-with'] !== 'nestjs-backup')).toEqual([]);
      expect(calls.filter(({ headers }) => 'authorization' in headers)).toEqual([]);
      expect(calls.some(({ path }) => path.endsWith('/events'))).toBe(true);
      expect(new Set(asked.map(({ path }) => path.split('/')[1]))).toEqual(new Set(['api', 'login', 'ops']));
    },
    anonymous,
  );

  visit(
    'says what the application says to an account that may not see backups',
    async (visit) => {
      host = await SignedInHost.start({ url: '/login' });
      visit.expectRefusals(401, 403);
      await visit.open();
      await signInAs(visit, 'sam');
      await visit.heading('Access denied').waitFor();
      await visit.page.getByRole('alert').getByText('sam looks after the tea alone.').waitFor();
      expect(await visit.page.getByRole('navigation').count()).toBe(0);
      await signInAs(visit, 'ida');
      await visit.heading('Overview').waitFor();
    },
    anonymous,
  );

  visit(
    'has no link where the application names none, and goes on after a sign-in elsewhere',
    async (visit) => {
      const { page } = visit;
      host = await SignedInHost.start(undefined);
      visit.expectRefusals(401);
      await visit.open();
      await page.getByText('then try again').waitFor();
      expect(await page.getByRole('link').count()).toBe(0);
      // With the cookies of this browser. A second page that is closed on its way to the next address blocks Chromium for good, once in some fifty times.
      await page
        .context()
        .request.post(`${host.address}/login`, { form: { user: 'ida', place: '/' }, maxRedirects: 0 });
      await page.getByRole('button', { name: 'Try again' }).click();
      await visit.heading('Overview').waitFor();
    },
    anonymous,
  );

  visit(
    'asks for a token, and for another one when that is refused',
    async (visit) => {
      const { page } = visit;
      host = await SignedInHost.start({ url: '/login', tokenUrl: '/api/v1/auth/backup-token' }, { bearer: true });
      visit.expectRefusals(401);
      await visit.open('/snapshots');
      await visit.heading('Sign in').waitFor();
      await signInAs(visit, 'ida');
      await visit.heading('Snapshots').waitFor();
      await backUp(visit, 'With a token'); // which is followed by events
      const before = host.tokensGiven;
      expect(before).toBe(1);
      host.token = 'none'; // it has expired
      host.loseOrders();
      await restore(visit, 'With a token');
      expect(host.orders()).toEqual(['tea', 'jam']);
      expect(host.tokensGiven).toBeGreaterThan(before);
      expect(await downloaded(visit)).toContain('"jam"');
      host.forgetEverybody();
      await page.getByRole('link', { name: 'Jobs', exact: true }).click();
      await visit.heading('Sign in').waitFor();
    },
    anonymous,
  );

  visit(
    'takes the token that a page of the application keeps',
    async (visit) => {
      const { page } = visit;
      const tokenFrom = { storage: 'localStorage', key: 'access_token' } as const;
      host = await SignedInHost.start({ tokenFrom }, { bearer: true });
      host.token = 'kept by the shop';
      visit.expectRefusals(401);
      await visit.open();
      await page.getByText('then try again').waitFor();
      await page.evaluate(`localStorage.setItem('access_token', 'kept by the shop')`);
      await page.getByRole('button', { name: 'Try again' }).click();
      await visit.heading('Overview').waitFor();
    },
    anonymous,
  );
});
