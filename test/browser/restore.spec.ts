import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { serialiseManifest, type DatabaseManifest } from '../../src/backup/model/manifest.js';
import { manifestName } from '../../src/backup/model/snapshot-id.js';
import { ADMIN } from '../support/admin.js';
import { eventually } from '../support/eventually.js';
import { daysAgo, SnapshotSeed } from '../support/planted-snapshots.js';
import { inDatabase, removeProgram, seededProgram, STUDENTS, type Seeded } from '../support/seeded-program.js';
import { describeInBrowser, PHONE, visitsTo, type Visit } from '../support/visits.js';

const EVERYBODY = [ADMIN.email, ...STUDENTS.map(({ email }) => email)];

describeInBrowser('restoring', () => {
  let seeded: Seeded;
  const visit = visitsTo(() => seeded.program);

  beforeAll(async () => {
    seeded = await seededProgram();
  });
  afterAll(() => removeProgram(seeded.program));

  const emails = () =>
    inDatabase(seeded.program, (database) =>
      database.prepare<[], { email: string }>('SELECT email FROM users ORDER BY id').all(),
    ).map(({ email }) => email);
  const courseTitle = () =>
    inDatabase(seeded.program, (database) => database.prepare('SELECT title FROM courses WHERE id = 1').pluck().get());
  const changeCourse = () =>
    inDatabase(seeded.program, (database) => database.exec(`UPDATE courses SET title = 'Lost' WHERE id = 1`));

  const dialogOf = ({ page }: Visit): Locator => page.getByRole('dialog');
  /** Walks from what happens to the last step, and types the id. */
  async function walkToTheEnd(visit: Visit, id: string): Promise<Locator> {
    const dialog = dialogOf(visit);
    await dialog.getByRole('button', { name: 'Next' }).click();
    await dialog.getByText(/^In total,|^Nothing would change/).waitFor();
    await dialog.getByRole('button', { name: 'Next' }).click();
    await confirm(visit, id);
    return dialog;
  }
  async function confirm(visit: Visit, id: string): Promise<void> {
    const dialog = dialogOf(visit);
    const start = dialog.getByRole('button', { name: 'Restore now' });
    expect(await start.isEnabled()).toBe(false);
    await dialog.getByRole('textbox').fill(id.slice(0, -1));
    expect(await start.isEnabled()).toBe(false);
    await dialog.getByRole('textbox').fill(id);
    await start.click();
  }
  const restored = (visit: Visit) => dialogOf(visit).getByRole('heading', { name: 'Restored', exact: true }).waitFor();

  visit('a regular snapshot: from its page, previewed, confirmed by its name, and undone', async (visit) => {
    const { page } = visit;
    await visit.open(`/snapshots/${seeded.base}`);
    await page.getByRole('main').getByRole('button', { name: 'Restore …' }).click();
    const dialog = dialogOf(visit);
    await dialog.getByText('A safety snapshot of the present state is taken').waitFor();
    await dialog.getByRole('button', { name: 'Next' }).click();
    await dialog.getByRole('listitem').filter({ hasText: 'users' }).getByText('2 rows disappear').waitFor();
    await dialog.getByRole('button', { name: 'Next' }).click();
    expect(await dialog.getByRole('checkbox', { name: 'Take a safety snapshot first' }).isChecked()).toBe(true);
    await confirm(visit, seeded.base);
    await restored(visit);
    expect(emails()).toEqual([ADMIN.email]);

    await dialog.getByRole('button', { name: 'Undo: restore the safety snapshot' }).click();
    const safety = (await seeded.program.listed()).find(({ trigger }) => trigger.type === 'safety')!;
    await walkToTheEnd(visit, safety.id);
    await restored(visit);
    expect(emails()).toEqual(EVERYBODY);
    await dialog.getByRole('button', { name: 'Done' }).click();
    await dialog.waitFor({ state: 'detached' });
  });

  visit('an archived snapshot, found from the overview', async (visit) => {
    const { page } = visit;
    await visit.open();
    await page.getByRole('link', { name: 'Restore …' }).click();
    const dialog = dialogOf(visit);
    await dialog.getByRole('button', { name: 'Show archived days' }).click();
    await dialog.getByRole('button', { name: /archived_backups_\d{8}\.zip.*1 file/ }).click();
    await dialog.getByRole('button', { name: seeded.archived }).click();
    await walkToTheEnd(visit, seeded.archived);
    await restored(visit);
    expect(emails()).toEqual([ADMIN.email]);
  });

  visit('chosen tables alone, from the list', async (visit) => {
    const { page } = visit;
    changeCourse();
    await visit.open('/snapshots');
    const row = page.getByRole('listitem').filter({ hasText: seeded.later });
    await row.getByRole('button', { name: 'Actions for' }).click();
    await page.getByRole('menuitem', { name: 'Restore …' }).click();
    const dialog = dialogOf(visit);
    await dialog.getByRole('button', { name: 'Next' }).click();
    await dialog.getByText('1 row changes').first().waitFor();
    await dialog.getByRole('radio', { name: 'Only chosen tables' }).check();
    await dialog.getByRole('button', { name: 'Choose none' }).click();
    expect(await dialog.getByRole('button', { name: 'Next' }).isEnabled()).toBe(false);
    await dialog.getByRole('checkbox', { name: /^courses/ }).check();
    await dialog.getByRole('button', { name: 'Next' }).click();
    await dialog.getByText('Only the tables courses').waitFor();
    await confirm(visit, seeded.later);
    await restored(visit);
    expect(courseTitle()).toContain('Course 1');
    expect(emails()).toEqual([ADMIN.email]); // the students are in the snapshot, and were not chosen
  });

  visit('nothing from a damaged file, and the reason stands there', async (visit) => {
    visit.expectRefusals(409);
    await visit.open(`/snapshots/${seeded.damaged}`);
    await visit.page.getByRole('main').getByRole('button', { name: 'Restore …' }).click();
    const dialog = dialogOf(visit);
    await dialog.getByRole('button', { name: 'Next' }).click();
    await dialog.getByRole('button', { name: 'Next' }).click();
    await confirm(visit, seeded.damaged);
    await dialog.getByRole('alert').getByText('SNAPSHOT_CORRUPT').waitFor();
    await dialog.getByText('Choose another snapshot').first().waitFor();
    expect(courseTitle()).toContain('Course 1');
  });

  visit('is walked by keyboard, which stays in the dialog and comes back', async (visit) => {
    const { page } = visit;
    await visit.open(`/snapshots/${seeded.base}`);
    const opener = page.getByRole('main').getByRole('button', { name: 'Restore …' });
    await opener.focus();
    await page.keyboard.press('Enter');
    const dialog = dialogOf(visit);
    await dialog.getByText('A safety snapshot of the present state is taken').waitFor();
    for (let step = 0; step < 12; step++) {
      await page.keyboard.press('Tab');
      expect(await visit.focusIsIn('[role=dialog]')).toBe(true);
    }
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await expect.poll(() => visit.focused()).toContain('Restore …');
  });

  visit(
    'ends the session of whoever it takes the account away, and says why',
    async (visit) => {
      visit.expectRefusals(401, 503);
      const { page } = visit;
      const late = { email: 'late@example.com', password: 'a good password', name: 'Late' };
      expect((await seeded.program.ask('POST', '/admins', late)).status).toBe(201);
      await visit.open(`/?restore=${seeded.base}`);
      await visit.signIn(late);
      await walkToTheEnd(visit, seeded.base);
      await page.getByText('A restore has replaced the accounts').waitFor();
      await visit.signIn(ADMIN);
      await restored(visit);
    },
    { signedIn: false },
  );

  visit(
    'goes on while its page is reloaded, and everybody else waits',
    async (visit) => {
      visit.expectRefusals(503);
      const { page } = visit;
      await visit.open(`/?restore=${seeded.later}`);
      const lock = new Database(seeded.program.database);
      try {
        lock.exec('BEGIN IMMEDIATE'); // the restore can read, and has to wait before it writes
        await walkToTheEnd(visit, seeded.later);
        await page.waitForURL(/[?&]job=/);
        const stop = await stopRestore();
        lock.exec('ROLLBACK');
        try {
          await page.reload();
          const dialog = dialogOf(visit);
          const stage = dialog.getByRole('listitem').filter({ hasText: 'Restore the data' });
          await stage.getByText('running').waitFor();
          await page.getByText('A restore is running').first().waitFor();
        } finally {
          stop.goOn();
        }
        await restored(visit);
        expect(emails()).toEqual(EVERYBODY);
      } finally {
        lock.close();
      }
      await dialogOf(visit).getByRole('button', { name: 'Done' }).click();
      await visit.page.getByRole('heading', { name: 'Storage, last 30 days' }).waitFor();
    },
    { viewport: PHONE },
  );

  visit('shows what a stranger’s snapshot would run, and runs it only when that is confirmed', async (visit) => {
    visit.expectRefusals(409, 503);
    const id = await plantForeign('CREATE TABLE more AS SELECT * FROM courses');
    await visit.open(`/?restore=${id}`);
    const dialog = dialogOf(visit);
    await dialog.getByRole('button', { name: 'Next' }).click();
    await dialog.getByRole('checkbox', { name: 'Restore what fits' }).check();
    await dialog.getByRole('button', { name: 'Next' }).click();
    await confirm(visit, id);
    await dialog.getByText('CREATE TABLE more AS SELECT * FROM courses;').waitFor();
    const start = dialog.getByRole('button', { name: 'Restore now' });
    expect(await start.isEnabled()).toBe(false);
    await dialog.getByRole('checkbox', { name: 'I have read the statements and allow them' }).check();
    await start.click();
    await restored(visit);
    expect(emails()).toEqual([ADMIN.email]);
  });

  /** A snapshot that is not signed, with one statement more. */
  async function plantForeign(statement: string): Promise<string> {
    const { program, base } = seeded;
    const id = await (await SnapshotSeed.read(program.backups, base)).plant(program.backups, daysAgo(1, '12:00:00'));
    const path = join(program.backups, manifestName(id));
    const { manifest_sha256: _own, ...manifest } = JSON.parse(await readFile(path, 'utf8')) as DatabaseManifest & {
      manifest_sha256: string;
    };
    const { schema } = manifest;
    await writeFile(path, serialiseManifest({ ...manifest, schema: { ...schema, ddl: [...schema.ddl, statement] } }));
    await program.post('/cleanup'); // it lists what was planted
    return id;
  }

  /** Holds the engine host that waits for the lock, however long the test takes. */
  async function stopRestore(): Promise<{ goOn: () => void }> {
    const pid = await eventually(async () => {
      const [job] = await seeded.program.jobs();
      return job?.stage === 'restore' && seeded.program.engineHosts()[0];
    });
    process.kill(pid, 'SIGSTOP');
    return { goOn: () => process.kill(pid, 'SIGCONT') };
  }
});
