import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigStore } from '../../src/backup/internals.js';
import { BackupsClient, error } from '../support/backups-client.js';
import { startHostApp, type HostApp } from '../support/host-app.js';

describe('settings', () => {
  let host: HostApp;
  let backups: BackupsClient;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'settings-'));
    for (const name of ['uploads', 'media']) await mkdir(join(folder, name));
    await symlink('/', join(folder, 'everything'));
    host = await startHostApp({ BACKUP_FILE_ROOTS: `${folder}:/nowhere` }, folder);
    backups = new BackupsClient(host);
  });
  afterAll(async () => {
    await host.close();
    await rm(host.folder, { recursive: true, force: true });
  });

  const DEFAULTS = { retention_days: 30, auto_archive_after_days: 14, backup_interval_minutes: 10, min_keep: 5 };
  const file = () => join(host.folder, 'backup_config.json');

  it('have defaults, and change one field at a time', async () => {
    expect((await backups.get('/config').expect(200)).body).toEqual(DEFAULTS);
    const changed = { ...DEFAULTS, retention_days: 60 };
    expect((await backups.put('/config', { retention_days: 60 }).expect(200)).body).toEqual(changed);
    expect((await backups.get('/config').expect(200)).body).toEqual(changed);
    expect(JSON.parse(await readFile(file(), 'utf8'))).toEqual(changed);
    await backups.put('/config', DEFAULTS).expect(200);
  });

  it.each([
    [{ retention_days: 0 }, ['retention_days']],
    [
      { retention_days: '30', backup_interval_minutes: 1.5, min_keep: null },
      ['retention_days', 'backup_interval_minutes', 'min_keep'],
    ],
    [{ retention_days: 10 }, ['auto_archive_after_days']],
    [{ retention_day: 10 }, ['retention_day']],
    [{ backup_interval_minutes: 1441, retention_days: 31 }, ['backup_interval_minutes']],
    [[], ['']],
  ])('refuse %j by name, and leave the file alone', async (changes, fields) => {
    await backups.put('/config', DEFAULTS).expect(200);
    const before = { text: await readFile(file(), 'utf8'), written: (await stat(file())).mtimeMs };
    const { body } = await backups.put('/config', changes).expect(400);
    expect(body).toEqual(error(400, 'CONFIG_INVALID', { errors: expect.any(Array) }));
    expect((body.errors as { field: string }[]).map(({ field }) => field).sort()).toEqual([...fields].sort());
    expect({ text: await readFile(file(), 'utf8'), written: (await stat(file())).mtimeMs }).toEqual(before);
    expect((await backups.get('/config')).body).toEqual(DEFAULTS);
  });

  it('tell what changes would lead to, and change nothing', async () => {
    await backups.put('/config', DEFAULTS).expect(200);
    const plans = [
      { name: 'often', interval_minutes: 30 },
      { name: 'nightly', schedule: '0 2 * * *', time_zone: 'Europe/Moscow' },
      { name: 'off', interval_minutes: 60, enabled: false },
    ];
    const { body } = await backups.post('/config/preview', { plans }).expect(200);
    expect(body.config).toEqual({ ...DEFAULTS, plans });
    const [often, nightly, off] = body.schedule as { plan: string; next_runs: string[] }[];
    expect(often).toMatchObject({ plan: 'often', every: '30 minutes', enabled: true });
    const gaps = often!.next_runs.map((run, n, runs) =>
      n === 0 ? 30 : (Date.parse(run) - Date.parse(runs[n - 1]!)) / 60_000,
    );
    expect(gaps).toEqual([30, 30, 30]);
    expect(nightly!.next_runs.map((run) => run.slice(11))).toEqual(Array(3).fill('23:00:00.000Z'));
    expect(off).toEqual({ plan: 'off', every: '60 minutes', enabled: false, next_runs: [] });

    const { body: refused } = await backups.post('/config/preview', { retention_days: 0 }).expect(400);
    expect(refused).toEqual(
      error(400, 'CONFIG_INVALID', { errors: [expect.objectContaining({ field: 'retention_days' })] }),
    );
    expect((await backups.get('/config')).body).toEqual(DEFAULTS);
  });

  it('stay as they were when somebody breaks the file, and nobody’s words in it are written over', async () => {
    const changed = (await backups.put('/config', { ...DEFAULTS, min_keep: 8 }).expect(200)).body as object;
    await writeFile(file(), '{ "retention_days": 45, ');
    await host.app.get(ConfigStore, { strict: false }).refresh();
    expect((await backups.get('/config')).body).toEqual(changed);
    const refused = await backups.put('/config', { min_keep: 9 }).expect(400);
    expect(refused.body).toMatchObject({
      error_code: 'CONFIG_INVALID',
      message: expect.stringContaining('backup_config.json') as string,
    });
    await writeFile(file(), '{ "retention_days": 45 }');
    await host.app.get(ConfigStore, { strict: false }).refresh();
    expect((await backups.get('/config')).body).toEqual({ ...DEFAULTS, retention_days: 45 });
    await rm(file());
    await host.app.get(ConfigStore, { strict: false }).refresh();
    expect((await backups.put('/config', { min_keep: 6 }).expect(200)).body).toEqual({
      ...DEFAULTS,
      retention_days: 45,
      min_keep: 6,
    });
  });

  it('refuse a body that is no JSON', async () => {
    await backups.put('/config', '{"retention_days":').set('Content-Type', 'application/json').expect(400);
  });

  it('are told what plans can name', async () => {
    const { body } = await backups.get('/sources').expect(200);
    expect(body).toEqual({
      databases: [
        {
          name: 'default',
          type: 'sqlite',
          database_name: 'app.sqlite',
          tables: ['users'],
          error: null,
          engines: [
            { name: 'json', problem: null },
            { name: 'native', problem: null },
          ],
        },
      ],
      file_roots: [
        {
          path: host.folder,
          problem: expect.stringMatching(/^contains a live database/) as string,
          folders: [join(host.folder, 'media'), join(host.folder, 'uploads')],
        },
        { path: '/nowhere', problem: 'cannot be read (ENOENT)', folders: [] },
      ],
    });
  });

  it('show in the schedule', async () => {
    await backups.put('/config', { backup_interval_minutes: 90 }).expect(200);
    expect((await backups.get('/schedule').expect(200)).body).toEqual([
      {
        plan: 'auto',
        source: 'database',
        every: '90 minutes',
        enabled: false,
        next_run: null,
        last_run: null,
        last_status: null,
      },
    ]);
  });
});
