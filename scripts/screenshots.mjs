// Writes the pictures of the documentation into docs/images/: npm run screenshots [name …]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { ADMIN, environmentIn, runSchool } from './screenshots/school.mjs';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const IMAGES = fileURLToPath(new URL('../docs/images/', import.meta.url));
const WIDE = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const LARGEST_BYTES = 200_000;

/** What each picture shows: how to get there, and how it is looked at. */
const PICTURES = {
  'sign-in': { signedOut: true, go: (page) => page.getByLabel('E-mail address').waitFor() },
  overview: { go: overview },
  'overview-dark': { go: overview, colorScheme: 'dark' },
  'overview-phone': { go: overview, viewport: PHONE },
  snapshots: { path: '/snapshots', go: (page) => page.getByRole('heading', { name: 'Today' }).waitFor() },
  snapshot: {
    go: async (page) => {
      await openSnapshot(page, 'timetable');
      await page.getByRole('link', { name: 'attendance' }).waitFor();
    },
  },
  compare: {
    go: async (page) => {
      await openSnapshot(page, 'timetable');
      await page.getByRole('link', { name: 'Compare' }).click();
      await page.getByRole('heading', { name: /tables? changed/ }).waitFor();
    },
  },
  settings: { path: '/settings', go: (page) => page.getByRole('heading', { name: 'Plans' }).waitFor() },
  jobs: {
    path: '/jobs',
    go: (page) =>
      page
        .getByRole('button', { name: /^Backup/ })
        .first()
        .waitFor(),
  },
  restore: {
    go: async (page) => {
      await openSnapshot(page, 'timetable');
      await page.getByRole('main').getByRole('button', { name: 'Restore …' }).click();
      await page.getByRole('button', { name: 'Next' }).click();
      await page.getByText(/^Altogether/).waitFor();
    },
  },
};

async function overview(page) {
  await page.getByRole('heading', { name: 'Storage, last 30 days' }).waitFor();
}

async function openSnapshot(page, words) {
  await page.goto(`${new URL(page.url()).origin}/admin/backups/snapshots?q=${words}`);
  await page.getByRole('link', { name: new RegExp(words) }).click();
}

async function startProgram(folder) {
  const child = fork(MAIN, [], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { PATH: process.env.PATH, ...environmentIn(folder) },
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  for (;;) {
    const listening = /Listening on (http:\S+?),/.exec(output);
    if (listening) return { address: listening[1], stop: () => (child.kill(), once(child, 'exit')) };
    if (child.exitCode !== null) throw new Error(`The program did not start:\n${output}`);
    await sleep(20);
  }
}

async function signIn(page) {
  await page.getByLabel('E-mail address').fill(ADMIN.email);
  await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
}

/** Signing in is limited to ten a minute: once serves all pictures. */
async function sessionOf(browser, address) {
  const page = await browser.newPage();
  await page.goto(`${address}/admin/backups`);
  await signIn(page);
  const session = await page.evaluate('JSON.stringify({ ...sessionStorage })');
  await page.close();
  return session;
}

async function take(browser, address, session, name) {
  const { path = '', signedOut = false, go, viewport = WIDE, colorScheme = 'light' } = PICTURES[name];
  const context = await browser.newContext({ viewport, colorScheme, locale: 'en-GB', reducedMotion: 'reduce' });
  if (!signedOut) await context.addInitScript(`Object.assign(sessionStorage, ${session})`);
  const page = await context.newPage();
  await page.goto(`${address}/admin/backups${path}`);
  await go(page);
  await page.waitForLoadState('networkidle');
  const file = join(IMAGES, `${name}.png`);
  await page.screenshot({ path: file, animations: 'disabled', caret: 'hide' });
  await context.close();
  const { size } = await stat(file);
  console.log(`${name}.png, ${Math.round(size / 1000)} kB`);
  if (size > LARGEST_BYTES) throw new Error(`${name}.png has more than ${LARGEST_BYTES / 1000} kB.`);
}

const folder = await mkdtemp(join(tmpdir(), 'screenshots-'));
let program;
let browser;
try {
  await mkdir(IMAGES, { recursive: true });
  console.log('A month of backups …');
  await runSchool(folder);
  program = await startProgram(folder);
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const session = await sessionOf(browser, program.address);
  const chosen = process.argv.slice(2);
  for (const name of chosen.length > 0 ? chosen : Object.keys(PICTURES))
    await take(browser, program.address, session, name);
} finally {
  await browser?.close();
  await program?.stop();
  await rm(folder, { recursive: true, force: true });
}
