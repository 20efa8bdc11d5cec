import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import supertest from 'supertest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Logger } from '@nestjs/common';
import { CaptureOperation, Catalog, CleanupOperation, ConfigStore, JobQueue } from '../../src/backup/internals.js';
import { type BackupApp, startBackupApp } from '../support/backup-app.js';
import { CliBench } from '../support/cli-bench.js';
import { daysAgo, SnapshotSeed } from '../support/planted-snapshots.js';

const ROUTE = '/admin/database/backups/config';

/** One snapshot on each of the last `days` days. */
async function plantDaily(folder: string, id: string, days: number): Promise<void> {
  const seed = await SnapshotSeed.read(folder, id);
  for (let day = 1; day < days; day++) await seed.plant(folder, daysAgo(day, '12:00:00.000'));
}

describe('lowering the retention', () => {
  let app: BackupApp;

  beforeEach(async () => {
    app = await startBackupApp();
    const job = await app.get(CaptureOperation).request({ trigger: { type: 'manual' } });
    const { snapshot_id } = await app.get(JobQueue).whenFinished(job.id);
    await plantDaily(join(app.folder, 'backups'), snapshot_id!, 25);
    await app.get(Catalog).reconcile();
  });
  afterEach(() => app.close());

  const http = () => supertest(app.app.getHttpServer());
  const LOWER = { retention_days: 10, auto_archive_after_days: 3 };
  const count = async () => (await app.get(Catalog).all()).length;
  /** The days from 11 on are over for more than ten, those from 4 on for more than three. */
  const CLEANUP = { deleted: 14, oldest_deleted: daysAgo(24, '12:00:00.000').toISOString(), archived: 7 };

  it('is refused with the figures of the preview until their number is confirmed', async () => {
    const preview = await http().post(`${ROUTE}/preview`).send(LOWER).expect(200);
    expect(preview.body).toMatchObject({ cleanup: CLEANUP });
    for (const query of ['', '?confirm_deletions=13', '?confirm_deletions=0']) {
      const { body } = await http().put(`${ROUTE}${query}`).send(LOWER).expect(409);
      expect(body).toMatchObject({
        error_code: 'DELETIONS_NOT_CONFIRMED',
        message: expect.stringContaining('14 snapshots'),
        cleanup: CLEANUP,
      });
    }
    await http().put(`${ROUTE}?confirm_deletions=many`).send(LOWER).expect(400);
    expect(app.get(ConfigStore).get()).toMatchObject({ retention_days: 30 });
    await http().put(`${ROUTE}?confirm_deletions=14`).send(LOWER).expect(200);
    const before = await count();
    expect(await app.get(CleanupOperation).run(null)).toMatchObject({ deleted: 14 });
    expect(await count()).toBe(before - 14);
    // What is deleted anyway now is no consequence of the next change.
    await http().put(ROUTE).send({ min_keep: 4 }).expect(200);
  });

  it('says in the log what a file that was edited by hand will delete', async () => {
    const lines: string[] = [];
    const log = { log: () => undefined, error: () => undefined, warn: (line: string) => void lines.push(line) };
    Logger.overrideLogger(log);
    try {
      await writeFile(join(app.folder, 'backup_config.json'), JSON.stringify(LOWER));
      await app.get(ConfigStore).refresh();
    } finally {
      Logger.overrideLogger(false);
    }
    expect(lines.join()).toMatch(/next clean-up deletes 14 snapshots, the oldest of \d{4}-\d\d-\d\d/);
  });
});

describe('config set', () => {
  it('needs --confirm-deletions where nobody can be asked', async () => {
    const bench = await CliBench.open();
    try {
      const id = await bench.create();
      await plantDaily(bench.path('backups'), id, 25);
      const lower = ['config', 'set', 'retention_days=10', 'auto_archive_after_days=3'];
      const refused = await bench.run(lower);
      expect(refused).toMatchObject({ code: 5, err: expect.stringContaining('--confirm-deletions 14') });
      expect(refused.err).toContain('14 snapshots, the oldest of');
      expect(await bench.run([...lower, '--confirm-deletions', '13'])).toMatchObject({ code: 5 });
      expect(await bench.run([...lower, '--confirm-deletions', '14'])).toMatchObject({ code: 0 });
    } finally {
      await bench.close();
    }
  });
});
