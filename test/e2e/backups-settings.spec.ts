import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BackupsClient, error } from '../support/backups-client.js';
import { startHostApp, type HostApp } from '../support/host-app.js';

describe('settings', () => {
  let host: HostApp;
  let backups: BackupsClient;

  beforeAll(async () => {
    host = await startHostApp();
    backups = new BackupsClient(host);
  });
  afterAll(() => host.close());

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

  it('refuse a body that is no JSON', async () => {
    await backups.put('/config', '{"retention_days":').set('Content-Type', 'application/json').expect(400);
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
