import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { BACKUPS } from '../support/backups-client.js';
import { removeProgram, seededProgram, type Seeded } from '../support/seeded-program.js';
import { describeInBrowser, PHONE, visitsTo, type Visit } from '../support/visits.js';

describeInBrowser('the snapshots', () => {
  let seeded: Seeded;
  const visit = visitsTo(() => seeded.program);

  beforeAll(async () => {
    seeded = await seededProgram();
  });
  afterAll(() => removeProgram(seeded.program));

  /** Of two snapshots of one second the id of the second one is that of the first, and `_2`. */
  const rowOf = ({ page }: Visit, text: string): Locator =>
    page.getByRole('listitem').filter({ hasText: new RegExp(`${text}(?!_)`) });
  const shown = ({ page }: Visit, count: number) =>
    page.getByText(count === 1 ? '1 snapshot' : `${count} snapshots`, { exact: true }).waitFor();
  const answerOf = async (path: string): Promise<Buffer> =>
    Buffer.from(await (await seeded.program.raw('GET', BACKUPS + path)).arrayBuffer());

  visit('stand under their days, each with its place, and are reached from everywhere', async (visit) => {
    const { page } = visit;
    await visit.open();
    await page.getByRole('link', { name: 'Snapshots', exact: true }).click();
    await visit.heading('Snapshots').waitFor();
    await shown(visit, 4);
    const days = page.getByRole('heading', { level: 2 });
    expect(await days.count()).toBe(3);
    expect(await days.first().textContent()).toBe('Today');
    await rowOf(visit, seeded.archived).getByRole('img', { name: 'Archived' }).waitFor();
    await rowOf(visit, seeded.base).getByRole('img', { name: 'Regular' }).waitFor();
    expect(await visit.focused()).toBe('Snapshots');
  });

  visit('are found by filters, which live in the address', async (visit) => {
    const { page } = visit;
    await visit.open('/snapshots');
    await shown(visit, 4);
    await visit.choose('Where', 'Archived');
    await shown(visit, 1);
    await rowOf(visit, seeded.archived).waitFor();
    expect(new URL(page.url()).search).toBe('?location=archived');
    await page.reload();
    await shown(visit, 1);
    await page.getByRole('button', { name: 'Clear the filters' }).click();
    await shown(visit, 4);
    await page.getByLabel('Search', { exact: true }).fill('two STUDENTS');
    await shown(visit, 1);
    await rowOf(visit, seeded.later).waitFor();
    await page.goBack();
    await shown(visit, 4);
    await visit.open(`/snapshots?kind=differential&trigger=manual`);
    await shown(visit, 1);
    await page.getByLabel('To', { exact: true }).fill('2020-01-01');
    await page.getByText('No snapshots match these filters').waitFor();
  });

  visit('are described in place and pinned, and tell whether they are whole', async (visit) => {
    const { page } = visit;
    await visit.open('/snapshots');
    const row = rowOf(visit, seeded.damaged);
    await row.getByRole('button', { name: 'Edit the description' }).click();
    await page.getByRole('textbox', { name: 'Description' }).fill('Before <b>moving</b> to Mars');
    await page.keyboard.press('Enter');
    await row.getByRole('link', { name: 'Before <b>moving</b> to Mars' }).waitFor();
    await row.getByRole('button', { name: 'Pin' }).click();
    await row.getByRole('button', { name: 'Pinned. Unpin' }).waitFor();
    await row.getByRole('button', { name: 'Never verified' }).click();
    await row.getByRole('button', { name: 'Damaged: verified now' }).waitFor();
    await visit.told('The snapshot is damaged');
    const { body } = await seeded.program.get(`/${seeded.damaged}`);
    expect(body).toMatchObject({ description: 'Before <b>moving</b> to Mars', pinned: true, is_valid: false });
    const sound = rowOf(visit, seeded.later);
    await sound.getByRole('button', { name: 'Never verified' }).click();
    await sound.getByRole('button', { name: 'Sound: verified now' }).waitFor();
  });

  visit('are not deleted where others need them, and the reason stands there', async (visit) => {
    const { page } = visit;
    await visit.open('/snapshots');
    await rowOf(visit, seeded.base).getByRole('button', { name: 'Actions for' }).click();
    await page.getByText('Delete …').click();
    const dialog = page.getByRole('alertdialog');
    await dialog.getByText(seeded.base, { exact: true }).waitFor();
    await dialog.getByRole('heading', { name: 'It cannot be deleted' }).waitFor();
    expect(await dialog.getByRole('button', { name: 'Delete permanently' }).count()).toBe(0);
    await dialog.getByRole('link', { name: seeded.later }).click();
    await visit.heading('Two students').waitFor();
    expect((await seeded.program.get(`/${seeded.base}`)).status).toBe(200);
  });

  visit('are downloaded as the API gives them', async (visit) => {
    const { page } = visit;
    await visit.open(`/snapshots/${seeded.later}`);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`${seeded.later}.json`);
    const path = join(seeded.program.folder, 'downloaded.json');
    await download.saveAs(path);
    expect((await readFile(path)).equals(await answerOf(`/${seeded.later}/download`))).toBe(true);
  });

  visit('show their tables, rows and what has changed since', async (visit) => {
    const { page } = visit;
    await visit.open(`/snapshots/${seeded.base}`);

    await page.getByRole('link', { name: 'users' }).click();
    await visit.heading('users').waitFor();
    await page.getByRole('cell', { name: 'admin@example.com' }).waitFor();
    expect(await page.getByRole('row').count()).toBe(2);
    await page.goBack();
    await page.getByRole('link', { name: 'Compare' }).click();
    await visit.heading('Compare').waitFor();
    const users = page.getByRole('row', { name: /^users/ });
    await users.getByText('2 added').waitFor();
    await users.getByRole('link').click();
    await page.getByRole('row', { name: /Added.*ann@example.com/ }).waitFor();
    await visit.choose('Compare with', /Two students/);
    await page.getByText('2 tables changed').waitFor();
    expect(new URL(page.url()).searchParams.get('with')).toBe(seeded.later);
  });

  visit('of an unknown id say so', async (visit) => {
    visit.expectRefusals(404);
    await visit.open('/snapshots/auto_backup_20200101_000000');
    await visit.page.getByRole('alert').getByText('SNAPSHOT_NOT_FOUND').waitFor();
  });

  visit(
    'become cards on a phone, and nothing is cut off',
    async (visit) => {
      await visit.open('/snapshots');
      await rowOf(visit, seeded.later).waitFor();
      await visit.page.getByRole('button', { name: 'Filters' }).click();
      await visit.choose('Kind', 'Full');
      await rowOf(visit, seeded.later).waitFor({ state: 'detached' });
      expect(await visit.page.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width);
    },
    { viewport: PHONE },
  );

  visit('are made by a button, which says how far it is, and deleted', async (visit) => {
    const { page } = visit;
    await visit.open('/snapshots');
    await shown(visit, 4);
    await page.getByRole('button', { name: 'Back up now' }).click();
    const dialog = page.getByRole('dialog', { name: 'Back up now' });
    await dialog.getByLabel('Description').fill('Before the exams');
    await dialog.getByRole('checkbox', { name: 'A full snapshot' }).check();
    await dialog.getByRole('button', { name: 'Back up', exact: true }).click();
    await visit.told('Backup completed');
    await shown(visit, 5);
    const newest = rowOf(visit, 'Before the exams');
    await newest.getByText('Full').waitFor();
    await newest.getByRole('button', { name: 'Actions for' }).click();
    await page.getByText('Delete …').click();
    await page.getByRole('button', { name: 'Delete permanently' }).click();
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    await shown(visit, 4);
  });

  visit('named after a new role appear by themselves', async (visit) => {
    const { page } = visit;
    await seeded.program.stop();
    await seeded.program.start({ BACKUP_TRIGGERS: 'on' });
    await page.clock.install();
    await visit.open('/snapshots?trigger=event');
    await page.getByText('No snapshots match these filters').waitFor();
    const teacher = { email: 'ida@example.com', password: 'a good password', name: 'Ida' };
    await seeded.program.ask('POST', '/instructors', teacher);
    await seeded.program.capture(); // after it, and so when it has been made
    await page.clock.fastForward('00:31');
    await page.getByRole('link', { name: 'Ida (instructor)' }).waitFor();
  });
});
