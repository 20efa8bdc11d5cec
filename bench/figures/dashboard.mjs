import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { startOn } from '../many-snapshots.mjs';
import { median, timed } from '../measure.mjs';
import { ADMIN } from '../program.mjs';
import { absentRow, limitRow, ms } from '../text.mjs';
import { SCALES } from '../w1.mjs';
import { WHY } from '../why.mjs';

const CHROMIUM = '/usr/bin/chromium';
const MANY = 5000;
const PAGE = 50;
const INTERACTIVE_MS = 1000;
/** The first one only warms up. Signing in is limited to so many times a minute, of which starting the program took one. */
const VISITS = 4;

/** D: the dashboard's list of snapshots, from the click on "Sign in" until the menu of a row has opened, each time by a browser profile that knows nothing yet. */
export async function dashboard({ folder, kind }) {
  const what = `a list of ${MANY} snapshots, from signing in until the menu of a row is open`;
  if (!existsSync(CHROMIUM)) return { rows: [absentRow('D', what, 'chromium: not installed')], notes: [] };
  const home = join(folder, 'dashboard');
  const database = await kind.create(folder, 'dashboard', SCALES['10 MB'] / 100);
  const program = await startOn(database, home, MANY);
  // The pages are all our own, and root cannot have a sandbox.
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  try {
    const taken = [];
    while (taken.length < VISITS) taken.push(await visit(browser, program));
    const value = median(taken.slice(1));
    return { rows: [limitRow({ figure: 'D', what, value, most: INTERACTIVE_MS, text: ms, why: WHY.D })], notes: [] };
  } finally {
    await browser.close();
    await program.stop();
    await database.remove();
    await rm(home, { recursive: true, force: true });
  }
}

async function visit(browser, program) {
  const context = await browser.newContext({ locale: 'en-GB' });
  try {
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${program.port}/admin/backups/snapshots`);
    await page.getByLabel('E-mail address').fill(ADMIN.email);
    await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
    return await timed(async () => {
      await page.getByRole('button', { name: 'Sign in' }).click();
      const rows = page.getByRole('listitem').filter({ hasText: '_backup_' });
      await rows.nth(PAGE - 1).waitFor();
      await rows.first().getByRole('button', { name: 'Actions for' }).click();
      await page.getByText('Delete …').waitFor();
    });
  } finally {
    await context.close();
  }
}
