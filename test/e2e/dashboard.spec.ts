import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHostApp, type HostApp } from '../support/host-app.js';
import { Program } from '../support/program.js';
import { removeProgram } from '../support/seeded-program.js';

const BUILT = 'dist/dashboard/public';

describe('the dashboard’s files', () => {
  let host: HostApp;

  beforeAll(async () => {
    host = await startHostApp();
  });
  afterAll(() => host.close());

  const page = async (path: string) => host.http.get(path).expect(200).expect('Content-Type', /html/);

  it('are where the root leads to', async () => {
    await host.http.get('/').expect(302).expect('Location', '/admin/backups');
  });

  it.each(['/admin/backups', '/admin/backups/', '/admin/backups/snapshots/auto_backup_20260101_000000'])(
    '%s is the page, which is never kept without asking',
    async (path) => {
      const { text, headers } = await page(path);
      expect(text).toContain('<div id="app">');
      expect(headers['cache-control']).toBe('no-cache');
    },
  );

  it('come with a policy that lets the page talk to its own server alone, and a nonce used once', async () => {
    const answers = [await page('/admin/backups'), await page('/admin/backups')];
    const nonces = answers.map(({ headers, text }) => {
      const policy = headers['content-security-policy']!;
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self';");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      const nonce = /'nonce-([^']+)'/.exec(policy)![1]!;
      expect(text).toContain(`<meta property="csp-nonce" nonce="${nonce}"`);
      expect(text).not.toContain('__CSP_NONCE__');
      return nonce;
    });
    expect(new Set(nonces).size).toBe(2);
  });

  it('are compressed where that is understood, and kept for good, for their names hold a hash', async () => {
    const { text } = await page('/admin/backups');
    const [script] = /\/admin\/backups\/assets\/index-[\w-]+\.js/.exec(text)!;
    const compressed = await host.http.get(script).set('Accept-Encoding', 'gzip').expect(200);
    const plain = await host.http.get(script).set('Accept-Encoding', 'identity').expect(200);
    expect(compressed.headers).toMatchObject({
      'content-type': expect.stringContaining('javascript'),
      'content-encoding': 'gzip',
      'cache-control': 'public, max-age=31536000, immutable',
      vary: expect.stringContaining('Accept-Encoding'),
    });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.body.toString() || plain.text).toBe(compressed.body.toString() || compressed.text);
  });

  it.each(['nothing-here.js', '..%2findex.html', '..%2f..%2f..%2fpackage.json', '%2e%2e%2fdashboard.module.js'])(
    'do not include %s',
    async (name) => {
      const { body } = await host.http.get(`/admin/backups/assets/${name}`).expect(404);
      expect(body).toMatchObject({ status_code: 404, error_code: 'NOT_FOUND' });
    },
  );
});

describe('the address of the dashboard that the start logs', () => {
  let program: Program;

  beforeAll(async () => {
    program = await new Program(await mkdtemp(join(tmpdir(), 'dashboard-'))).start();
  });
  afterAll(() => removeProgram(program));

  it('is the one of the page', async () => {
    const [, address] = /Dashboard: (http:[^\s;]+)/.exec(program.output)!;
    const answer = await fetch(address!, { redirect: 'error' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/html/);
    expect(await answer.text()).toContain('<div id="app">');
  });
});

describe('the budget of the dashboard', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dashboard-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const check = (built: string) =>
    spawnSync(process.execPath, ['scripts/dashboard-budget.mjs', built], { encoding: 'utf8' });

  it('is kept', () => {
    expect(execFileSync(process.execPath, ['scripts/dashboard-budget.mjs'], { encoding: 'utf8' })).toContain(
      'First load',
    );
  });

  it.each([
    ['more than may be loaded', (noise: string) => `export const noise = '${noise}';`, 'over 300'],
    ['a foreign address', () => "import('https://example.com/x.js');", 'from elsewhere'],
    ['code made of text', () => "new Function('return 1')();", 'makes code of text'],
    ['a source map', () => '//# sourceMappingURL=x.js.map', 'source map'],
  ])('refuses %s', async (_, added, complaint) => {
    const copy = join(folder, 'copy');
    await rm(copy, { recursive: true, force: true });
    await cp(BUILT, copy, { recursive: true });
    const entry = (await readdir(join(copy, 'assets'))).find((name) => /^OverviewPage-.*\.js$/.test(name))!;
    await writeFile(join(copy, 'assets', entry), added(randomBytes(300_000).toString('base64')));
    const { status, stderr } = check(copy);
    expect(stderr).toContain(complaint);
    expect(status).toBe(1);
  });
});
