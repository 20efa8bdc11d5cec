import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { removeProgram, seededProgram, type Seeded } from '../support/seeded-program.js';
import { describeInBrowser, PHONE, visitsTo, WIDE, type Visit } from '../support/visits.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describeInBrowser('every page and dialog', () => {
  let seeded: Seeded;
  const visit = visitsTo(() => seeded.program);

  beforeAll(async () => {
    seeded = await seededProgram();
  });
  afterAll(() => removeProgram(seeded.program));

  /** One after the other, some from the one before: what to do, and what is there when it has come. */
  const places: Record<string, (visit: Visit) => Promise<void>> = {
    overview: async (visit) => {
      await visit.open();
      await visit.page.getByRole('heading', { name: 'Storage, last 30 days' }).waitFor();
    },
    snapshots: async (visit) => {
      await visit.open('/snapshots');
      await visit.page.getByRole('listitem').filter({ hasText: seeded.archived }).waitFor();
    },
    'the menu of a snapshot': async (visit) => {
      await visit.page.getByRole('button', { name: 'Actions for' }).first().click();
      await visit.page.getByText('Delete …').waitFor();
    },
    'the deletion dialog': async (visit) => {
      await visit.page.getByText('Delete …').click();
      await visit.page.getByRole('alertdialog').waitFor();
    },
    'a snapshot': async (visit) => {
      await visit.open(`/snapshots/${seeded.later}`);
      await visit.page.getByRole('link', { name: 'users' }).waitFor();
    },
    rows: async (visit) => {
      await visit.open(`/snapshots/${seeded.later}/tables/users`);
      await visit.page.getByRole('cell', { name: 'admin@example.com' }).waitFor();
    },
    'a comparison': async (visit) => {
      await visit.open(`/snapshots/${seeded.base}/compare?with=${seeded.later}&table=users`);
      await visit.page.getByRole('row', { name: /ann@example.com/ }).waitFor();
    },
    'choosing what to restore': async (visit) => {
      await visit.open('/?restore=');
      const dialog = visit.page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Show archived days' }).click();
      await dialog.getByRole('button', { name: /archived_backups_/ }).click();
      await dialog.getByRole('button', { name: seeded.archived }).waitFor();
    },
    'what a restore does': async (visit) => {
      await visit.open(`/?restore=${seeded.base}`);
      await visit.page.getByRole('dialog').getByText('A safety snapshot').waitFor();
    },
    'what a restore changes': async (visit) => {
      await visit.page.getByRole('button', { name: 'Next' }).click();
      await visit.page.getByText('2 rows disappear').first().waitFor();
      await visit.page.getByRole('radio', { name: 'Only chosen tables' }).check();
    },
    'confirming a restore': async (visit) => {
      await visit.page.getByRole('button', { name: 'Next' }).click();
      await visit.page.getByRole('button', { name: 'Restore now' }).waitFor();
      await visit.page.getByRole('checkbox', { name: 'Take a safety snapshot first' }).uncheck();
      await visit.page.getByText('cannot be undone').waitFor();
    },
    'backing up now': async (visit) => {
      await visit.open();
      await visit.page.getByRole('button', { name: 'Back up now' }).click();
      await visit.page.getByRole('dialog').getByLabel('Description').waitFor();
    },
    settings: async (visit) => {
      await visit.open('/settings');
      await visit.page.getByLabel('Delete after (days)').fill('0');
      await visit.page.getByText('must be a whole number').waitFor();
    },
    'a plan': async (visit) => {
      await visit.open('/settings');
      await visit.page.getByRole('button', { name: 'Add a plan' }).click();
      await visit.page.getByRole('radio', { name: 'At fixed times' }).check();
      await visit.page.getByRole('textbox', { name: 'Cron expression' }).waitFor();
    },
    'cleaning up': async (visit) => {
      await visit.open('/settings');
      await visit.page.getByRole('button', { name: 'Clean up …' }).click();
      await visit.page.getByText('There is nothing to clean up').waitFor();
    },
    jobs: async (visit) => {
      await visit.open('/jobs');
      await visit.page
        .getByRole('button', { name: /^Backup/ })
        .first()
        .click();
      await visit.page.getByText('Id of the job').waitFor();
    },
  };

  async function flaws({ page }: Visit): Promise<string[]> {
    await page.evaluate(AXE);
    const { violations } = await page.evaluate<AxeResults>('axe.run(document, { resultTypes: ["violations"] })');
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join('\n  ')}`);
  }

  const isCutOff = ({ page }: Visit) =>
    page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth');

  /** All places in one visit, for most of the time goes into arriving. */
  async function walk(visit: Visit): Promise<void> {
    visit.expectRefusals(400); // what is wrong with a setting, the server says
    const found: Record<string, string[]> = {};
    for (const [name, come] of Object.entries(places)) {
      await come(visit);
      found[name] = await flaws(visit);
      if (await isCutOff(visit)) found[name].push('It is wider than the screen.');
    }
    expect(found).toEqual(Object.fromEntries(Object.keys(places).map((name) => [name, []])));
  }

  visit('has no serious flaw for those who cannot see it', walk, { viewport: WIDE });
  visit('has none in the dark and on a phone, where nothing is cut off', walk, {
    viewport: PHONE,
    colorScheme: 'dark',
  });
  visit(
    'has none before signing in, nor after failing to',
    async (visit) => {
      visit.expectRefusals(401);
      await visit.open();
      await visit.heading('Sign in').waitFor();
      expect(await flaws(visit)).toEqual([]);
      await visit.signIn({ email: 'nobody@example.com', password: 'a wrong password' });
      await visit.page.getByRole('alert').waitFor();
      expect(await flaws(visit)).toEqual([]);
    },
    { signedIn: false },
  );
});
