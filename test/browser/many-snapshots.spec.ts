import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { SnapshotSeed } from '../support/planted-snapshots.js';
import { Program } from '../support/program.js';
import { removeProgram } from '../support/seeded-program.js';
import { describeInBrowser, visitsTo } from '../support/visits.js';

const MANY = 5_000;
const TICK_MS = 600_000;
const AT_ONCE = 100;

describeInBrowser('a list of 5,000 snapshots', () => {
  let program: Program;
  const visit = visitsTo(() => program);

  beforeAll(async () => {
    program = await new Program(await mkdtemp(join(tmpdir(), 'browser-'))).start();
    const { id, created_at } = await program.capture();
    const seed = await SnapshotSeed.read(program.backups, id);
    const ages = Array.from({ length: MANY - 1 }, (_, index) => index + 1);
    const plant = (age: number) =>
      seed.plant(program.backups, new Date(new Date(created_at).getTime() - age * TICK_MS));
    while (ages.length > 0) await Promise.all(ages.splice(0, AT_ONCE).map(plant));
    await program.stop();
    await program.start(); // which reads them
  });
  afterAll(() => removeProgram(program));

  visit('is there page by page, to its very end', async (visit) => {
    const { page } = visit;
    await visit.open('/snapshots');
    await page.getByText('5,000 snapshots', { exact: true }).waitFor();
    await page.getByText('1–50 of 5,000').waitFor();
    const rows = page.getByRole('listitem').filter({ hasText: '_backup_' });
    expect(await rows.count()).toBe(50);
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.getByText('51–100 of 5,000').waitFor();
    await page.getByRole('button', { name: 'Last page' }).click();
    await page.getByText('4,951–5,000 of 5,000').waitFor();
    expect(await rows.count()).toBe(50);
    expect(new URL(page.url()).search).toBe('?page=100');
    await page.getByLabel('Search', { exact: true }).fill('manual');
    await page.getByText('1 snapshot', { exact: true }).waitFor();
    expect(await rows.count()).toBe(1);
  });
});
