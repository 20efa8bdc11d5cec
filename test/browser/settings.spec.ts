import { afterAll, beforeAll, expect } from 'vitest';
import { removeProgram, seededProgram, type Seeded } from '../support/seeded-program.js';
import { describeInBrowser, visitsTo, type Visit } from '../support/visits.js';

describeInBrowser('the settings', () => {
  let seeded: Seeded;
  const visit = visitsTo(() => seeded.program);

  beforeAll(async () => {
    seeded = await seededProgram();
  });
  afterAll(() => removeProgram(seeded.program));

  const config = async () => (await seeded.program.get<Record<string, unknown>>('/config')).body;
  const saveOf = ({ page }: Visit) => page.getByRole('button', { name: 'Save', exact: true });

  visit('say at the field what is wrong, and are saved when it is right', async (visit) => {
    visit.expectRefusals(400);
    const { page } = visit;
    await visit.open('/settings');
    const days = page.getByLabel('Delete after (days)');
    await days.waitFor();
    expect(await saveOf(visit).count()).toBe(0); // nothing has been changed yet
    await days.fill('0');
    await page.getByText('must be a whole number from 1 to').waitFor();
    expect(await saveOf(visit).isEnabled()).toBe(false);
    await days.fill('90');
    await page.getByText('Unsaved changes').waitFor();
    await saveOf(visit).click();
    await visit.told('The settings are saved');
    expect(await config()).toMatchObject({ retention_days: 90 });
    await saveOf(visit).waitFor({ state: 'detached' });
  });

  visit('are not lost by mistake', async (visit) => {
    const { page } = visit;
    await visit.open('/settings');
    const minutes = page.getByLabel('Back up every (minutes)');
    await minutes.fill('25');
    await page.getByText('Unsaved changes').waitFor();
    await page.getByRole('link', { name: 'Overview' }).click();
    const dialog = page.getByRole('dialog', { name: 'Leave without saving?' });
    await dialog.getByRole('button', { name: 'Stay' }).click();
    expect(await minutes.inputValue()).toBe('25');
    await page.getByRole('button', { name: 'Discard' }).click();
    expect(await minutes.inputValue()).toBe('10');
    await page.getByRole('link', { name: 'Overview' }).click();
    await visit.heading('Overview').waitFor();
  });

  visit('hold plans, whose next runs are shown before anything is saved', async (visit) => {
    visit.expectRefusals(400);
    const { page } = visit;
    await visit.open('/settings');
    await page.getByRole('button', { name: 'Add a plan' }).click();
    const dialog = page.getByRole('dialog', { name: 'A new plan' });
    await dialog.getByLabel('Name', { exact: true }).fill('nightly');
    await dialog.getByRole('radio', { name: 'At fixed times' }).check();
    const schedule = dialog.getByRole('textbox', { name: 'Cron expression' });
    await schedule.fill('at night');
    await dialog.getByText('must have five fields').waitFor();
    expect(await dialog.getByRole('button', { name: 'Apply' }).isEnabled()).toBe(false);
    await schedule.fill('30 2 * * *');
    await dialog.getByText('every day at 02:30').waitFor();
    await dialog.getByText('Would run next').waitFor();
    await dialog.getByRole('button', { name: 'Apply' }).click();
    await dialog.waitFor({ state: 'detached' });
    await saveOf(visit).click();
    await visit.told('The settings are saved');
    expect(await config()).toMatchObject({
      plans: [{ name: 'auto' }, { name: 'nightly', schedule: '30 2 * * *' }],
    });
    await page.getByRole('button', { name: 'Remove the plan nightly' }).click();
    await saveOf(visit).click();
    await expect.poll(async () => ((await config())['plans'] as object[]).length).toBe(1);
  });

  visit('offer the tables and folders that there are, and keep a name that is gone', async (visit) => {
    const { page } = visit;
    const plans = [{ name: 'auto' }, { name: 'some', tables: ['courses', 'gone'], interval_minutes: 60 }];
    expect((await seeded.program.put('/config', { plans })).status).toBe(200);
    await visit.open('/settings');
    await page.getByRole('button', { name: 'Edit the plan some' }).click();
    const dialog = page.getByRole('dialog', { name: 'Plan some' });
    await dialog.getByText('gone — not in the database').waitFor();
    await dialog.getByText('1 table is not in the database.').waitFor();
    const tables = dialog.getByRole('combobox', { name: 'Only these tables' });
    await tables.click();
    await tables.fill('use');
    await page.getByRole('option', { name: 'users' }).click();
    await tables.press('Escape');
    await dialog.getByRole('button', { name: 'Apply' }).click();
    await dialog.waitFor({ state: 'detached' });
    await saveOf(visit).click();
    await visit.told('The settings are saved');
    expect(await config()).toMatchObject({ plans: [{}, { name: 'some', tables: ['courses', 'gone', 'users'] }] });
    expect((await seeded.program.put('/config', { plans: null })).status).toBe(200);
  });

  visit('lead to a clean-up, which says first what it would do', async (visit) => {
    const { page } = visit;
    const shorter = { retention_days: 10, auto_archive_after_days: 10, min_keep: 1 };
    expect((await seeded.program.put('/config?confirm_deletions=1', shorter)).status).toBe(200);
    await visit.open('/settings');
    await page.getByRole('button', { name: 'Clean up …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Clean up' });
    await dialog.getByText('1 snapshot deleted permanently').waitFor();
    await dialog.getByRole('row', { name: 'needed by a differential snapshot 1' }).waitFor();
    expect((await seeded.program.get(`/${seeded.archived}`)).status).toBe(200);
    await dialog.getByRole('button', { name: 'Clean up now' }).click();
    await visit.told('Cleaned up: 0 archived, 1 deleted');
    expect((await seeded.program.get(`/${seeded.archived}`)).status).toBe(404);
  });
});
