import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { ADMIN } from '../support/admin.js';
import { eventually } from '../support/eventually.js';
import { Program } from '../support/program.js';
import { describeInBrowser, PHONE, visitsTo, type Visit } from '../support/visits.js';

const NOBODY = { email: 'nobody.at.all@example.com', password: 'a wrong password' };
const STUDENT = { email: 'sam@example.com', password: 'a good password', name: 'Sam' };

/** Everything that the browser keeps. A token begins with `ey`. */
const stored = ({ page }: Visit) =>
  page.evaluate<string>('Object.values({ ...sessionStorage, ...localStorage }).join()');

describeInBrowser('signing in', () => {
  let program: Program;
  const visit = visitsTo(() => program);

  beforeAll(async () => {
    program = await new Program(await mkdtemp(join(tmpdir(), 'browser-')), { BACKUP_TRIGGERS: 'on' }).start();
    expect((await program.ask('POST', '/users', STUDENT)).status).toBe(201);
    await program.capture();
  });
  afterAll(async () => {
    await program.stop();
    await rm(program.folder, { recursive: true, force: true });
  });

  visit(
    'leads to the overview, which says how the backups are, and lasts over a reload',
    async (visit) => {
      const { page } = visit;
      await visit.open();
      await visit.heading('Sign in').waitFor();
      await visit.signIn();
      await visit.heading('Overview').waitFor();
      await page.getByRole('heading', { name: 'Your backups are fine' }).waitFor();
      await page.reload();
      await visit.heading('Overview').waitFor();
      expect(await page.title()).toBe('Overview · Backups');
    },
    { signedIn: false },
  );

  visit(
    'is refused with a wrong password, and works with the right one',
    async (visit) => {
      visit.expectRefusals(401);
      await visit.open();
      await visit.signIn({ ...ADMIN, password: 'a wrong password' });
      await visit.page.getByRole('alert').getByText('E-mail address or password is wrong').waitFor();
      await visit.signIn();
      await visit.heading('Overview').waitFor();
    },
    { signedIn: false },
  );

  visit(
    'keeps out whoever is no admin, and says so',
    async (visit) => {
      await visit.open();
      await visit.signIn(STUDENT);
      await visit.page.getByRole('alert').getByText('does not have the role admin').waitFor();
      expect(await visit.page.getByRole('navigation').count()).toBe(0);
      expect(await stored(visit)).not.toContain('ey');
    },
    { signedIn: false },
  );

  visit(
    'leads back to the place that was asked for',
    async (visit) => {
      await visit.open('/jobs/nothing/here');
      await visit.signIn();
      await visit.heading('Page not found').waitFor();
      await visit.page.getByRole('link', { name: 'Go to the overview' }).click();
      await visit.heading('Overview').waitFor();
    },
    { signedIn: false },
  );

  visit('ends when the server no longer accepts the session, with the reason', async (visit) => {
    visit.expectRefusals(401);
    await visit.open();
    await visit.heading('Overview').waitFor();
    await visit.page.evaluate(`
      for (const [key, value] of Object.entries(sessionStorage))
        sessionStorage.setItem(key, value.replace(/"token":"[^"]+/, '"token":"of.no.worth'));
    `);
    await visit.page.reload();
    await visit.page.getByText('Your session has ended').waitFor();
    await visit.signIn();
    await visit.heading('Overview').waitFor();
  });

  visit('ends on request, and leaves nothing behind', async (visit) => {
    const { page } = visit;
    await visit.open();
    await visit.heading('Overview').waitFor();
    expect(await stored(visit)).toContain('ey');
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByText('Sign out').click();
    await visit.heading('Sign in').waitFor();
    expect(await stored(visit)).not.toContain('ey');
    await page.reload();
    await visit.heading('Sign in').waitFor();
  });

  visit(
    'goes along into a tab that a link opens, and ends in both at once',
    async (visit) => {
      const { page } = visit;
      const context = page.context();
      const opened = async (open: Promise<void>) => {
        const [tab] = await Promise.all([context.waitForEvent('page'), open]);
        await tab.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
        expect(tab.url()).toBe(`${program.address}/admin/backups/jobs`);
        return tab;
      };
      await visit.open();
      await visit.signIn();
      await visit.heading('Overview').waitFor();
      const link = page.getByRole('link', { name: 'Jobs' });
      const tab = await opened(link.click({ modifiers: ['Control'] }));
      await opened(link.click({ button: 'middle' }));
      expect(await link.getAttribute('href')).toBe('/admin/backups/jobs');

      const stranger = await context.newPage();
      await stranger.goto(page.url());
      await stranger.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();

      await tab.getByRole('button', { name: 'Account', exact: true }).click();
      await tab.getByText('Sign out').click();
      await tab.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
      await visit.heading('Sign in').waitFor();
      expect(await stored(visit)).not.toContain('ey');
    },
    { signedIn: false },
  );

  visit(
    'works on a phone, in the dark, in Russian',
    async (visit) => {
      const { page } = visit;
      await visit.open();
      await page.getByRole('button', { name: 'Language' }).click();
      await page.getByText('Русский').click();
      await page.getByLabel('Пароль', { exact: true }).waitFor();
      expect(await page.locator('html').getAttribute('lang')).toBe('ru');
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width);
      const background = await page.evaluate(
        "getComputedStyle(document.querySelector('.v-application')).backgroundColor",
      );
      expect(background).toMatch(/^rgb\(\d{1,2}, \d{1,2}, \d{1,2}\)$/); // no channel over 99
    },
    { signedIn: false, viewport: PHONE, colorScheme: 'dark' },
  );

  visit(
    'is slowed down for whoever keeps guessing',
    async (visit) => {
      visit.expectRefusals(429);
      const guess = () => program.ask('POST', '/auth/login', NOBODY);
      await eventually(async () => (await guess()).status === 429);
      await visit.open();
      await visit.signIn(NOBODY);
      await visit.page.getByRole('alert').getByText('Wait a minute').waitFor();
    },
    { signedIn: false },
  );
});
