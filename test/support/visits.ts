import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ADMIN } from './admin.js';

/** What serves the dashboard. */
interface Server {
  /** `http://host:port` */
  readonly address: string;
}

/** Milliseconds that a page is waited for: it ends what hangs, and does not judge how fast the machine is. */
const PATIENCE = 180_000;

export const WIDE = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

interface Visitor {
  /** Signed in already, unless this is false. */
  signedIn?: boolean;
  viewport?: typeof WIDE;
  colorScheme?: 'light' | 'dark';
}

/** A person in front of the page, and everything that the browser had to complain about meanwhile. */
export class Visit {
  private readonly complaints: string[] = [];
  private readonly expected: RegExp[] = [];
  private readonly log: string[] = [];

  constructor(
    readonly page: Page,
    private readonly program: () => Server,
    private readonly path: string,
  ) {
    page.setDefaultTimeout(PATIENCE);
    page.on('console', (message) => {
      this.log.push(`${message.type()}: ${message.text()}`);
      if (message.type() === 'error') this.complaints.push(`${message.text()} ${message.location().url}`);
    });
    page.on('pageerror', (error) => this.complaints.push(error.stack ?? String(error)));
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (origin !== this.program().address && !['blob:', 'data:'].includes(protocol))
        this.complaints.push(`A request to another place: ${request.url()}`);
    });
  }

  /** Opens an address below the dashboard’s own. */
  async open(path = ''): Promise<void> {
    await this.page.goto(`${this.program().address}${this.path}${path}`);
  }

  /** Fills in the form. */
  async signIn(account: { email: string; password: string } = ADMIN): Promise<void> {
    await this.page.getByLabel('E-mail address').fill(account.email);
    await this.page.getByLabel('Password', { exact: true }).fill(account.password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  /** Chooses from a list that opens at a field, whose text lies above what it names. */
  async choose(field: string, entry: string | RegExp): Promise<void> {
    await this.page.getByRole('combobox', { name: field }).click({ force: true });
    await this.page.getByRole('option', { name: entry }).click();
  }

  /** Waits for a short message, as a screen reader hears it. */
  told = (text: string | RegExp) => this.page.getByRole('status').getByText(text).first().waitFor();

  /** The text of what has the focus. */
  focused = () => this.page.evaluate<string>('document.activeElement.textContent');

  focusIsIn = (selector: string) =>
    this.page.evaluate<boolean>(`document.activeElement.closest('${selector}') !== null`);

  heading = (name: string | RegExp) => this.page.getByRole('heading', { level: 1, name });

  /** Chromium writes every refused request to the console; a test that provokes one says so. */
  expectRefusals(...statuses: number[]): void {
    for (const status of statuses) this.expected.push(new RegExp(`responded with a status of ${status} `));
  }

  get problems(): string[] {
    return this.complaints.filter((complaint) => !this.expected.some((pattern) => pattern.test(complaint)));
  }

  /** Writes down what there was to see. @returns where */
  async evidence(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'browser-test-'));
    await writeFile(join(folder, 'console.log'), [...this.log, ...this.complaints].join('\n'));
    await writeFile(join(folder, 'page.yaml'), await this.page.locator('body').ariaSnapshot());
    await this.page.screenshot({ path: join(folder, 'page.png'), fullPage: true });
    return folder;
  }
}

export type Scene = (visit: Visit) => Promise<void>;

/**
 * Tests in which somebody visits the dashboard of a running program, or of an application that serves it at a path of its own. Each has a browser profile of its own, and fails on any error on the
 * console, which the content security policy reports to as well, and on any request to another place.
 */
export function visitsTo(program: () => Server, path = '/admin/backups') {
  let browser: Browser;
  let session: string | undefined;

  beforeAll(async () => {
    const endpoint = inject('chromium');
    if (endpoint) browser = await chromium.connect(endpoint);
  });
  afterAll(() => browser?.close());

  async function arrive({ viewport = WIDE, colorScheme = 'light', signedIn = true }: Visitor): Promise<BrowserContext> {
    const context = await browser.newContext({
      viewport,
      colorScheme,
      locale: 'en-GB',
      timezoneId: 'UTC',
      reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    if (signedIn) await keep((session ??= await signInOnce(context)), context);
    return context;
  }

  /** Signing in is limited to ten a minute: one session serves all visits. */
  async function signInOnce(context: BrowserContext): Promise<string> {
    const page = await context.newPage();
    const visit = new Visit(page, program, path);
    await visit.open();
    await visit.signIn();
    await visit.heading('Overview').waitFor();
    const stored = await page.evaluate<string>('JSON.stringify({ ...sessionStorage })');
    await page.close();
    return stored;
  }

  /** The first page finds the session there; a reload keeps what the page made of it. */
  const keep = (stored: string, context: BrowserContext) =>
    context.addInitScript(`
      if (!sessionStorage.getItem('visited')) Object.assign(sessionStorage, { visited: 'yes' }, ${stored});
    `);

  return (name: string, scene: Scene, visitor: Visitor = {}): void =>
    it(name, async () => {
      const context = await arrive(visitor);
      const visit = new Visit(await context.newPage(), program, path);
      try {
        await scene(visit);
        expect(visit.problems, 'complaints of the browser').toEqual([]);
      } catch (error) {
        const folder = await visit.evidence();
        if (error instanceof Error) error.message += `\nWhat there was to see: ${folder}`;
        throw error;
      } finally {
        await context.close();
      }
    });
}

/** `describe`, where there is a browser. */
export const describeInBrowser = (name: string, tests: () => void) =>
  describe.skipIf(inject('chromium') === null)(
    inject('chromium') === null ? `${name} (skipped: needs Debian’s chromium)` : name,
    tests,
  );
