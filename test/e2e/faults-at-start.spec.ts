import { copyFile, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BackupHealth } from '../../src/backup/operations/health.query.js';
import { temporaryPath } from '../../src/backup/system/temporary-file.js';
import { eventually } from '../support/eventually.js';
import { InlineEngine } from '../support/inline-engines.js';
import { InlineProgram } from '../support/inline-program.js';
import { daysAgo, SnapshotSeed } from '../support/planted-snapshots.js';
import { Program } from '../support/program.js';

let program: Program;

beforeEach(async () => {
  program = new InlineProgram(await mkdtemp(join(tmpdir(), 'faults-at-start-')));
});
afterEach(async () => {
  await program.end();
  await rm(program.folder, { recursive: true, force: true });
});

const atHome = (...names: string[]) => join(program.folder, ...names);
const ids = async () => (await program.listed()).map(({ id }) => id);

async function expectRefusal(saying: (string | RegExp)[], environment: NodeJS.ProcessEnv = {}): Promise<void> {
  const refusing = new Program(program.folder);
  expect(await refusing.startRefused(environment)).toBe(1);
  for (const part of saying) expect(refusing.output).toMatch(part);
  expect(refusing.output).not.toMatch(/^\s+at /m); // a stack
}

describe('settings that cannot be used', () => {
  it.each([
    ['{"retention_days": 0}', ['retention_days', /1.*3650/]],
    ['{"retention_days": 5', ['JSON']],
  ])(
    'such as %j are named with file, field and range, left as they are, and taken up once they are right',
    async (text, parts) => {
      await writeFile(atHome('backup_config.json'), text);
      await program.start();
      const reasons = async () => (await program.get<BackupHealth>('/health')).body.reasons.join('\n');
      for (const part of ['backup_config.json', ...parts]) {
        expect(await reasons()).toMatch(part);
        expect(program.output).toMatch(part);
      }
      expect(await program.put('/config', { retention_days: 90 })).toMatchObject({ status: 400 });
      expect(await readFile(atHome('backup_config.json'), 'utf8')).toBe(text);
      await writeFile(atHome('backup_config.json'), '{"retention_days": 77}');
      await eventually(
        async () => (await program.get<{ retention_days: number }>('/config')).body.retention_days === 77,
      );
      expect(await reasons()).not.toMatch('backup_config.json');
    },
  );
});

describe('the program does not start', () => {
  it('with an unknown BACKUP_ variable, and lists the known ones', async () => {
    await expectRefusal(['BACKUP_FOLDER', 'BACKUP_DIR', 'BACKUP_MIN_FREE_MB'], { BACKUP_FOLDER: '/x' });
    await expect(lstat(program.backups)).rejects.toThrow('ENOENT');
  });

  it('with the host’s own database for its catalog', async () => {
    await program.start();
    await program.stop();
    await expectRefusal(['BACKUP_CATALOG_URL'], { BACKUP_CATALOG_URL: `sqlite:${program.database}` });
  });
});

it('a backup folder that comes later is used as soon as it is there', async () => {
  await writeFile(program.backups, 'mine');
  await program.start();
  expect(await readFile(program.backups, 'utf8')).toBe('mine');
  await rm(program.backups);
  await mkdir(program.backups);
  await eventually(() => program.output.includes('can be used again'));
  await program.capture();
  expect((await program.get<BackupHealth>('/health')).body.reasons.join()).not.toMatch('folder');
});

describe('the catalog', () => {
  it.each([
    ['is missing', (path: string) => rm(path)],
    ['is no database', (path: string) => writeFile(path, 'no database at all, whatever its name says')],
    ['is empty', (path: string) => writeFile(path, '')],
    ['was truncated', async (path: string) => writeFile(path, (await readFile(path)).subarray(0, 5000))],
    ['has bytes overwritten', async (path: string) => writeFile(path, (await readFile(path)).fill(0x5a, 4096, 20_000))],
  ])('is rebuilt with every snapshot when it %s', async (_, harm) => {
    await program.start();
    const regular = [await program.capture(), await program.capture()];
    const seed = await SnapshotSeed.read(program.backups, regular[0]!.id);
    await seed.plant(program.backups, daysAgo(20, '10:00:00'));
    expect(await program.post('/cleanup')).toMatchObject({ status: 200, body: { archived: 1 } });
    await program.patch(`/${regular[0]!.id}`, { pinned: true, description: 'kept' });
    const before = await program.listed();
    expect(before).toHaveLength(3);
    await program.stop();
    await harm(join(program.backups, 'catalog.sqlite'));
    await program.start();
    expect(await program.listed()).toEqual(before);
    for (const { id } of before) expect((await program.verify(id)).body).toMatchObject({ is_valid: true });
    await program.capture();
  });
});

describe('links planted in the backup folder', () => {
  let outside: string;
  beforeEach(async () => {
    outside = atHome('outside');
    await mkdir(outside);
  });

  it('in place of documents, manifests and archives lead nowhere', async () => {
    await program.start();
    const kept = await program.capture();
    const stolen = await program.capture();
    const shown = await program.capture();
    const seed = await SnapshotSeed.read(program.backups, kept.id);
    await seed.plant(program.backups, daysAgo(20, '10:00:00'));
    expect((await program.post('/cleanup')).status).toBe(200);
    const [archive] = await readdir(join(program.backups, 'archived'));
    for (const name of [stolen.filename, `${shown.id}.meta.json`, join('archived', archive!)]) {
      const target = join(outside, name.replace('archived/', ''));
      await copyFile(join(program.backups, name), target);
      await rm(join(program.backups, name));
      await symlink(target, join(program.backups, name)); // what it leads to would do
    }
    await symlink('/etc/passwd', join(program.backups, 'auto_backup_20260101_000000.json'));
    await symlink('/etc/passwd', join(program.backups, 'auto_backup_20260101_000000.meta.json'));
    await symlink('/etc/passwd', join(program.backups, 'archived', 'archived_backups_20260101.zip'));
    const before = await contentOf(outside);

    const archived = (await program.listed()).find(({ location }) => location === 'archived')!;
    for (const { id } of [stolen, shown, archived]) {
      expect((await program.verify(id)).body, id).toMatchObject({ is_valid: false });
      expect((await program.restore(id)).status, id).toBeGreaterThanOrEqual(400);
      expect((await program.get(`/${id}/tables/users`)).status, id).toBeGreaterThanOrEqual(400);
    }
    await program.stop();
    await program.start();
    expect(await ids()).toEqual([kept.id]);
    expect((await program.post('/cleanup')).status).toBe(200);
    await program.capture();
    expect(JSON.stringify(await program.listed())).not.toContain('root:');
    expect(await contentOf(outside)).toEqual(before);
  });

  it('in place of the folder of archives are not followed', async () => {
    await program.start();
    const { id } = await program.capture();
    const seed = await SnapshotSeed.read(program.backups, id);
    const old = await seed.plant(program.backups, daysAgo(20, '10:00:00'));
    await rename(join(program.backups, 'archived'), atHome('archived before'));
    await symlink(outside, join(program.backups, 'archived'));
    expect((await program.post('/cleanup')).status).toBeGreaterThanOrEqual(400);
    expect(await readdir(outside)).toEqual([]);
    expect(await readdir(program.backups)).toContain(`${old}.json`);
    await program.stop();
    await program.start();
    expect((await program.get<BackupHealth>('/health')).body.status).toBe('critical');
    expect((await program.post('/cleanup')).status).toBeGreaterThanOrEqual(400);
    expect(await readdir(outside)).toEqual([]);
    await program.stop();
    await rm(join(program.backups, 'archived'));
    await program.start();
    expect(await ids()).toEqual([id, old]);
  });

  it('under the temporary name of a document are neither written through nor emptied', async () => {
    await program.start();
    const target = join(outside, 'precious');
    await writeFile(target, 'precious');
    const documentPath = join(program.backups, 'auto_backup_20260101_000000.json');
    await symlink(target, temporaryPath(documentPath));
    const database = {
      type: 'sqlite',
      path: program.database,
      busyTimeoutMs: 100,
      migrationsTable: 'migrations',
    } as const;
    const indexPath = join(program.backups, 'auto_backup_20260101_000000.index');
    const capture = { database, id: 'x', createdAt: '2026-01-01T00:00:00.000Z', documentPath, indexPath } as const;
    await expect(new InlineEngine().capture({ ...capture, base: 'requested', previous: null })).rejects.toThrow(
      'ELOOP',
    );
    expect(await readFile(target, 'utf8')).toBe('precious');
  });

  async function contentOf(folder: string): Promise<Record<string, string>> {
    const names = (await readdir(folder)).sort();
    return Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'latin1')] as const)),
    );
  }
});
