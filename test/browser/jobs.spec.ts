import { afterAll, beforeAll, expect } from 'vitest';
import { ADMIN } from '../support/admin.js';
import { removeProgram, seededProgram, type Seeded } from '../support/seeded-program.js';
import { describeInBrowser, visitsTo } from '../support/visits.js';

describeInBrowser('the jobs', () => {
  let seeded: Seeded;
  const visit = visitsTo(() => seeded.program);

  beforeAll(async () => {
    seeded = await seededProgram();
  });
  afterAll(() => removeProgram(seeded.program));

  visit('tell who asked for what, and how it went, narrowed by the address', async (visit) => {
    const { page } = visit;
    await seeded.program.verify(seeded.later);
    await visit.open('/jobs');
    await visit.choose('Type', 'Verification');
    const row = page.getByRole('button', { name: /^Verification/ });
    await row.waitFor();
    expect(await page.getByRole('button', { name: /^Backup Completed|^Backup auto/ }).count()).toBe(0);
    expect(new URL(page.url()).searchParams.get('type')).toBe('verify');
    await row.getByText(ADMIN.email).waitFor();
    await row.click();
    await page.getByRole('link', { name: seeded.later }).click();
    await visit.heading('Two students').waitFor();
  });

  visit('show the whole error of one that failed', async (visit) => {
    const { page } = visit;
    await seeded.program.put('/config', { auto_archive_after_days: 1 });
    const { body } = await seeded.program.post<{ message: string }>('/cleanup'); // which meets the damaged one
    await visit.open('/jobs?status=failed');
    await page.getByRole('button', { name: /^Clean-up/ }).click();
    await page.getByRole('alert').getByText(body.message).waitFor();
    await page.getByRole('button', { name: 'Copy the error' }).click();
    expect(await page.evaluate('navigator.clipboard.readText()')).toContain(body.message);
  });

  visit('lead from a restore to how it went, and to its way back', async (visit) => {
    const { page } = visit;
    await seeded.program.post(`/${seeded.later}/restore?wait=true`, { confirm: seeded.later });
    await visit.open('/jobs?type=restore');
    await page
      .getByRole('button', { name: /^Restore/ })
      .last()
      .click();
    await page.getByRole('link', { name: 'Show the restore' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('heading', { name: 'Restored', exact: true }).waitFor();
    await dialog.getByRole('button', { name: 'Undo: restore the safety snapshot' }).waitFor();
  });
});
