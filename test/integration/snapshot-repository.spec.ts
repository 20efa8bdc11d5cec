import fs from 'node:fs/promises';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStored } from '../../src/backup/archive/stored-file.js';
import type { SnapshotRepository } from '../../src/backup/stores/snapshot.repository.js';
import { repositoryIn } from '../support/repository-in.js';
import type { Manifest } from '../../src/backup/model/manifest.js';
import { temporaryPath } from '../../src/backup/system/temporary-file.js';
import {
  captureSample,
  DEAD_PID,
  documentText,
  placeSample,
  publishSample,
  publishSampleArchive,
  sampleManifest,
} from '../support/sample-snapshots.js';

const machine = { stepsLeft: Number.POSITIVE_INFINITY, refusals: new Map<string, string>() };

/** After so many changes to the folder the "machine stops": none of the code that would tidy up gets to change anything either. */
const CHANGES = ['open', 'rename', 'unlink', 'rm', 'mkdir'] as const;
const real = { ...fs };

function breakable(name: (typeof CHANGES)[number]) {
  const change = real[name] as (...args: unknown[]) => Promise<unknown>;
  return (...args: unknown[]): Promise<unknown> => {
    const code = machine.refusals.get(name);
    if (code) return Promise.reject(Object.assign(new Error(code), { code }));
    if (machine.stepsLeft-- <= 0)
      return Promise.reject(Object.assign(new Error('the machine stopped'), { code: 'EIO' }));
    return change(...args);
  };
}

beforeAll(() => {
  for (const name of CHANGES) Object.assign(fs, { [name]: breakable(name) });
  syncBuiltinESMExports();
});
afterAll(() => {
  Object.assign(fs, real);
  syncBuiltinESMExports();
});

const ID = 'auto_backup_20260130_120000';
const OTHER = 'auto_backup_20260130_121000';
const ARCHIVE = 'archived_backups_20260130.zip';

let root: string;
let folder: string;
let repository: SnapshotRepository;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'snapshot-repository-'));
  folder = join(root, 'backups');
  repository = repositoryIn(folder);
  await repository.prepare();
});

afterEach(async () => {
  machine.stepsLeft = Number.POSITIVE_INFINITY;
  machine.refusals.clear();
  await rm(root, { recursive: true, force: true });
});

const unpublished = (temporaryDocument: string, manifest: Manifest) => ({
  manifest,
  temporaryDocument,
  temporaryIndex: null,
});
const filesIn = async (path: string) => (await readdir(path)).sort();
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

/** Runs something that is cut off after `steps` changes to the folder; true when it came to its end. */
async function cutOffAfter(steps: number, run: () => Promise<unknown>): Promise<boolean> {
  machine.stepsLeft = steps;
  try {
    await run();
    return true;
  } catch {
    return false;
  } finally {
    machine.stepsLeft = Number.POSITIVE_INFINITY;
  }
}

async function restarted(): Promise<SnapshotRepository> {
  const again = repositoryIn(folder);
  await again.prepare();
  await again.workspace.sweepAbandoned();
  return again;
}

describe('publishing', () => {
  it('makes document and manifest a listed snapshot, readable by the owner alone', async () => {
    const manifest = await publishSample(repository, ID);
    expect(await filesIn(folder)).toEqual(['archived', `${ID}.json`, `${ID}.meta.json`]);
    expect(await repository.listRegular()).toEqual([ID]);
    expect(await repository.readRegular(ID)).toEqual({ manifest, archive: null });
    expect(await repository.readManifest({ id: ID, archive: null })).toEqual(manifest);
    const { path } = await repository.documentOf({ filename: `${ID}.json`, archive: null });
    expect(await readFile(path, 'utf8')).toBe(documentText(ID));
    expect(await modeOf(folder)).toBe('700');
    expect(await modeOf(join(folder, 'archived'))).toBe('700');
    for (const file of [`${ID}.json`, `${ID}.meta.json`]) expect(await modeOf(join(folder, file))).toBe('600');
  });

  it('never overwrites a snapshot', async () => {
    const manifest = await publishSample(repository, ID);
    const aside = await captureSample(repository, ID);
    await writeFile(aside, 'something else');
    await expect(
      repository.publishSnapshot(unpublished(aside, sampleManifest(ID, { plan: 'other' }))),
    ).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
    });
    expect(await repository.readManifest({ id: ID, archive: null })).toEqual(manifest);
    expect(await filesIn(folder)).toEqual(['archived', `${ID}.json`, `${ID}.meta.json`]);
  });

  it('takes back what failed half way, and says why', async () => {
    await publishSample(repository, OTHER);
    const missing = temporaryPath(join(folder, `${ID}.json`));
    await expect(repository.publishSnapshot(unpublished(missing, sampleManifest(ID)))).rejects.toMatchObject({
      code: 'FOLDER_NOT_WRITABLE',
    });
    const aside = await captureSample(repository, ID);
    machine.refusals.set('open', 'ENOSPC');
    await expect(repository.publishSnapshot(unpublished(aside, sampleManifest(ID)))).rejects.toMatchObject({
      code: 'DISK_FULL',
    });
    machine.refusals.clear();
    expect(await filesIn(folder)).toEqual(['archived', `${OTHER}.json`, `${OTHER}.meta.json`]);
  });

  it('takes an id as taken from the first byte that is written for it', async () => {
    expect(await repository.isTaken(ID)).toBe(false);
    const aside = await captureSample(repository, ID);
    expect(await repository.isTaken(ID)).toBe(true);
    await repository.publishSnapshot(unpublished(aside, sampleManifest(ID)));
    expect(await repository.isTaken(ID)).toBe(true);
    expect(await repository.isTaken(`${ID}_2`)).toBe(false);
  });
});

describe('a crash', () => {
  it('while publishing leaves a whole snapshot or none, at every step', async () => {
    await publishSample(repository, OTHER);
    let steps = 0;
    const outcomes: number[] = [];
    for (let done = false; !done; steps++) {
      const aside = await captureSample(repository, ID);
      done = await cutOffAfter(steps, () => repository.publishSnapshot(unpublished(aside, sampleManifest(ID))));
      const again = await restarted();
      const ids = await again.listRegular();
      expect(ids, `after ${steps} steps`).toContain(OTHER);
      expect(await again.listProblems(), `after ${steps} steps`).toEqual([]);
      const whole = ids.includes(ID);
      const names = whole ? [ID, OTHER] : [OTHER];
      const expected = ['archived', ...names.flatMap((id) => [`${id}.json`, `${id}.meta.json`])];
      expect(await filesIn(folder), `after ${steps} steps`).toEqual(expected);
      if (whole) expect(await again.readManifest({ id: ID, archive: null })).toEqual(sampleManifest(ID));
      outcomes.push(ids.length);
      await again.removeSnapshot(ID);
    }
    expect(steps).toBeGreaterThan(4);
    expect(outcomes[0]).toBe(1);
    expect(outcomes.at(-1)).toBe(2);
  });

  it('while removing leaves a whole snapshot or none, at every step', async () => {
    await publishSample(repository, OTHER);
    let steps = 0;
    const outcomes: number[] = [];
    for (let done = false; !done; steps++) {
      await publishSample(repository, ID);
      await writeFile(join(folder, `${ID}.index`), 'index');
      done = await cutOffAfter(steps, () => repository.removeSnapshot(ID));
      const again = await restarted();
      const ids = await again.listRegular();
      expect(await again.listProblems(), `after ${steps} steps`).toEqual([]);
      const names = ids.includes(ID) ? [`${ID}.index`, `${ID}.json`, `${ID}.meta.json`] : [];
      expect(await filesIn(folder), `after ${steps} steps`).toEqual([
        'archived',
        ...names,
        `${OTHER}.json`,
        `${OTHER}.meta.json`,
      ]);
      outcomes.push(ids.length);
      await again.removeSnapshot(ID);
    }
    expect(steps).toBeGreaterThan(4);
    expect(outcomes[0]).toBe(2);
    expect(outcomes.at(-1)).toBe(1);
  });

  it('while sweeping is made up for by the next sweep', async () => {
    for (let steps = 0, done = false; !done; steps++) {
      await placeSample(folder, ID);
      await fs.rename(join(folder, `${ID}.meta.json`), temporaryPath(join(folder, `${ID}.meta.json`), DEAD_PID));
      await writeFile(join(folder, `${ID}.index`), 'index');
      done = await cutOffAfter(steps, () => repositoryIn(folder).workspace.sweepAbandoned());
      const again = await restarted();
      expect(await filesIn(folder), `after ${steps} steps`).toEqual(['archived']);
      expect(await again.listProblems()).toEqual([]);
    }
  });

  it('leaves the old archive or the new one', async () => {
    await publishSampleArchive(repository, ARCHIVE, [sampleManifest(ID)]);
    for (let steps = 0, done = false; !done; steps++) {
      done = await cutOffAfter(steps, () =>
        publishSampleArchive(repository, ARCHIVE, [sampleManifest(ID), sampleManifest(OTHER)]),
      );
      const again = await restarted();
      expect(await filesIn(join(folder, 'archived'))).toEqual([ARCHIVE]);
      expect((await again.readArchive(ARCHIVE)).length).toBeGreaterThan(0);
      if (done) expect(await again.readArchive(ARCHIVE)).toHaveLength(2);
    }
  });
});

describe('sweeping at the start', () => {
  it('leaves alone what a living process is writing, and what is not ours', async () => {
    const living = process.ppid;
    await publishSample(repository, OTHER);
    await placeSample(folder, ID);
    const marker = temporaryPath(join(folder, `${ID}.meta.json`), living);
    await fs.rename(join(folder, `${ID}.meta.json`), marker);
    await writeFile(temporaryPath(join(folder, 'a.json'), living), '');
    await writeFile(join(folder, 'archived', 'notes.txt'), '');
    await writeFile(join(folder, 'notes.tmp'), '');
    const before = [await filesIn(folder), await filesIn(join(folder, 'archived'))];
    expect(await repositoryIn(folder).workspace.sweepAbandoned()).toEqual([]);
    expect([await filesIn(folder), await filesIn(join(folder, 'archived'))]).toEqual(before);
  });

  it('removes what dead processes left in both folders, and tells', async () => {
    await publishSample(repository, OTHER);
    await writeFile(temporaryPath(join(folder, `${ID}.json`), DEAD_PID), 'half');
    await writeFile(temporaryPath(join(folder, 'archived', ARCHIVE), DEAD_PID), 'half');
    expect(await repositoryIn(folder).workspace.sweepAbandoned()).toEqual([
      `.${ID}.json.${DEAD_PID}.tmp`,
      `.${ARCHIVE}.${DEAD_PID}.tmp`,
    ]);
    expect(await filesIn(folder)).toEqual(['archived', `${OTHER}.json`, `${OTHER}.meta.json`]);
  });

  it('never deletes a document without any manifest, and reports it', async () => {
    await writeFile(join(folder, `${ID}.json`), documentText(ID));
    await restarted();
    expect(await repository.listRegular()).toEqual([]);
    expect(await repository.listProblems()).toEqual([
      { file: `${ID}.json`, problem: expect.stringContaining('manifest') as string },
    ]);
    await repository.removeSnapshot(ID);
    expect(await filesIn(folder)).toContain(`${ID}.json`);
  });

  it('removes after a killed child only what that child wrote', async () => {
    await writeFile(temporaryPath(join(folder, `${ID}.json`), DEAD_PID), 'half');
    await writeFile(temporaryPath(join(folder, `${OTHER}.json`), DEAD_PID + 1), 'half');
    await repository.workspace.sweep(DEAD_PID);
    expect(await filesIn(folder)).toEqual([`.${OTHER}.json.${DEAD_PID + 1}.tmp`, 'archived']);
  });
});

describe('a folder', () => {
  it('may be a symbolic link itself', async () => {
    const link = join(root, 'link');
    await symlink(folder, link);
    const linked = repositoryIn(link);
    await linked.prepare();
    await publishSample(linked, ID);
    expect(await repository.listRegular()).toEqual([ID]);
  });

  it.each([
    ['a file in its place', ['file']],
    ['a file above it', ['file', 'backups']],
  ])('that cannot be one (%s) is refused, with the setting to change', async (_, parts) => {
    await writeFile(join(root, 'file'), '');
    const refused = repositoryIn(join(root, ...parts)).prepare();
    await expect(refused).rejects.toMatchObject({
      code: 'FOLDER_NOT_WRITABLE',
      details: { advice: ['set_backup_dir'] },
    });
  });

  // The tests may run as root, whom modes do not stop: the refusal is made here, at the system call.
  it.each([
    ['EROFS', 'FOLDER_NOT_WRITABLE'],
    ['EACCES', 'FOLDER_NOT_WRITABLE'],
  ])('that refuses with %s is refused', async (refusal, code) => {
    machine.refusals.set('open', refusal);
    await expect(repository.prepare()).rejects.toMatchObject({
      code,
      message: expect.stringContaining(refusal) as string,
    });
  });

  it('is found usable by each of several that look at once', async () => {
    const looks = await Promise.all(Array.from({ length: 20 }, () => repository.trouble()));
    expect(new Set(looks)).toEqual(new Set([null]));
    expect((await readdir(folder)).filter((name) => name.includes('probe'))).toEqual([]);
  });

  it('on a full disk still lets the program start', async () => {
    machine.refusals.set('open', 'ENOSPC');
    await expect(repository.prepare()).resolves.toBeUndefined();
  });

  it('that came with a checkout is closed to others; one shared with other files is not', async () => {
    await fs.chmod(folder, 0o755);
    await writeFile(join(folder, '.gitkeep'), '');
    await restarted();
    expect(await modeOf(folder)).toBe('700');
    await fs.chmod(folder, 0o755);
    await writeFile(join(folder, 'holiday.jpg'), '');
    await restarted();
    expect(await modeOf(folder)).toBe('755');
  });
});

describe('a symbolic link planted', () => {
  const secret = () => join(root, 'secret');
  beforeEach(() => writeFile(secret(), 'secret'));

  it('in place of a manifest is not read', async () => {
    await writeFile(join(folder, `${ID}.json`), documentText(ID));
    await symlink(secret(), join(folder, `${ID}.meta.json`));
    expect(await repository.listRegular()).toEqual([]);
    expect((await repository.listProblems()).map(({ file }) => file)).toContain(`${ID}.meta.json`);
    expect(await repository.readRegular(ID)).toMatchObject({
      file: `${ID}.meta.json`,
      problem: expect.not.stringContaining(root) as string,
    });
    await expect(repository.readManifest({ id: ID, archive: null })).rejects.toMatchObject({
      code: 'SNAPSHOT_CORRUPT',
    });
  });

  it('in place of a document is not listed, nor removed with its target', async () => {
    await placeSample(folder, ID);
    await rm(join(folder, `${ID}.json`));
    await symlink(secret(), join(folder, `${ID}.json`));
    expect(await repository.listRegular()).toEqual([]);
    const document = await repository.documentOf({ filename: `${ID}.json`, archive: null });
    await expect(openStored(document)).rejects.toMatchObject({
      code: 'SNAPSHOT_CORRUPT',
    });
    await repository.removeSnapshot(ID);
    expect(await readFile(secret(), 'utf8')).toBe('secret');
  });

  it('in place of an archive is neither listed nor read', async () => {
    await publishSampleArchive(repository, ARCHIVE, [sampleManifest(ID)]);
    await fs.rename(join(folder, 'archived', ARCHIVE), join(root, 'real.zip'));
    await symlink(join(root, 'real.zip'), join(folder, 'archived', ARCHIVE));
    expect(await repository.listArchives()).toEqual([]);
    expect(await repository.readArchive(ARCHIVE)).toEqual([{ file: ARCHIVE, problem: expect.any(String) as string }]);
  });

  it('in place of the folder of archives is refused', async () => {
    await rm(join(folder, 'archived'), { recursive: true });
    await mkdir(join(root, 'elsewhere'), { mode: 0o755 });
    await symlink(join(root, 'elsewhere'), join(folder, 'archived'));
    await expect(repository.listArchives()).rejects.toMatchObject({ code: 'FOLDER_NOT_WRITABLE' });
    await expect(repository.removeArchive(ARCHIVE)).rejects.toMatchObject({ code: 'FOLDER_NOT_WRITABLE' });
    await expect(restarted()).rejects.toMatchObject({ code: 'FOLDER_NOT_WRITABLE' });
    expect(await readdir(join(root, 'elsewhere'))).toEqual([]);
    expect(await modeOf(join(root, 'elsewhere'))).toBe('755');
  });

  it('in place of the annotations or an unfinished file is not written through', async () => {
    await symlink(secret(), join(folder, 'annotations.json'));
    await expect(repository.readAnnotations()).rejects.toMatchObject({ code: 'ELOOP' });
    await symlink(secret(), temporaryPath(join(folder, `${ID}.meta.json`)));
    const aside = await captureSample(repository, ID);
    await expect(repository.publishSnapshot(unpublished(aside, sampleManifest(ID)))).rejects.toMatchObject({
      code: 'FOLDER_NOT_WRITABLE',
    });
    expect(await readFile(secret(), 'utf8')).toBe('secret');
  });
});

describe('hostile names', () => {
  const hostile = [
    '',
    '.',
    '..',
    '../x',
    '/etc/passwd',
    'a/b',
    'a\\b',
    'a\0b',
    'A',
    'a b',
    '-a',
    'ä',
    'a'.repeat(122),
    'a.json',
    '%2e%2e',
  ];

  it.each(hostile)('%j never becomes a path', async (name) => {
    const refused = { code: 'SNAPSHOT_NOT_FOUND' };
    await expect(repository.isTaken(name)).rejects.toMatchObject(refused);
    await expect(repository.removeSnapshot(name)).rejects.toMatchObject(refused);
    await expect(repository.readRegular(name)).rejects.toMatchObject(refused);
    await expect(repository.readManifest({ id: name, archive: null })).rejects.toMatchObject(refused);
    const hostileSnapshot = unpublished(join(folder, '.x.1.tmp'), sampleManifest(name));
    await expect(repository.publishSnapshot(hostileSnapshot)).rejects.toMatchObject(refused);
    await expect(repository.manifestOf({ id: name, archive: null })).rejects.toMatchObject(refused);
    expect(() => repository.workspace.archivePath(name)).toThrow();
    await expect(repository.readArchive(name)).rejects.toMatchObject({ code: 'ARCHIVE_NOT_FOUND' });
    await expect(repository.removeArchive(name)).rejects.toMatchObject({ code: 'ARCHIVE_NOT_FOUND' });
    await expect(repository.documentOf({ filename: 'x.json', archive: name })).rejects.toThrow();
  });

  it.each(['../x.json', 'a/b.json', '..', 'a\0.json'])('%j is no document', async (filename) => {
    expect(() => repository.workspace.documentPath(filename)).toThrow();
    await expect(repository.documentOf({ filename, archive: null })).rejects.toThrow();
  });

  it('does not take the annotations for a snapshot', async () => {
    await placeSample(folder, 'annotations');
    expect(await repository.listRegular()).toEqual([]);
  });
});

describe('a manifest', () => {
  it.each([
    ['garbage', '{'],
    ['another id', JSON.stringify(sampleManifest(OTHER))],
    ['bytes that are no text', Buffer.from([0xff, 0xfe])],
  ])('with %s is a problem of its own', async (_, content) => {
    await placeSample(folder, ID);
    await publishSample(repository, OTHER);
    await writeFile(join(folder, `${ID}.meta.json`), content);
    expect(await repository.readRegular(ID)).toMatchObject({ file: `${ID}.meta.json` });
    expect(await repository.readRegular(OTHER)).toMatchObject({ manifest: { id: OTHER } });
  });

  it('of more than 16 MiB is not read', async () => {
    await placeSample(folder, ID);
    await truncate(join(folder, `${ID}.meta.json`), 16 * 1024 * 1024 + 1);
    expect(await repository.readRegular(ID)).toMatchObject({ problem: expect.stringContaining('bytes') as string });
  });
});

describe('archives', () => {
  it('are listed with a revision that changes with the file', async () => {
    await publishSampleArchive(repository, ARCHIVE, [sampleManifest(ID)]);
    const [first] = await repository.listArchives();
    expect(first).toMatchObject({
      filename: ARCHIVE,
      size_bytes: (await stat(repository.workspace.archivePath(ARCHIVE))).size,
    });
    expect(await repository.listArchives()).toEqual([first]);
    await utimes(repository.workspace.archivePath(ARCHIVE), new Date(), new Date('2026-02-01T00:00:00Z'));
    expect((await repository.listArchives())[0]!.revision).not.toBe(first!.revision);
    await repository.removeArchive(ARCHIVE);
    await repository.removeArchive(ARCHIVE);
    expect(await repository.listArchives()).toEqual([]);
  });

  it('give their manifests, and each bad one as a problem that hides no other', async () => {
    const without = 'auto_backup_20260130_130000';
    await publishSampleArchive(repository, ARCHIVE, [sampleManifest(ID)], {
      'README.txt': 'read me',
      [`${OTHER}.meta.json`]: '{}',
      [`${OTHER}.json`]: documentText(OTHER),
      [`${without}.meta.json`]: JSON.stringify(sampleManifest(without)),
    });
    const found = await repository.readArchive(ARCHIVE);
    expect(found.filter((item) => 'manifest' in item)).toEqual([{ manifest: sampleManifest(ID), archive: ARCHIVE }]);
    expect(found.filter((item) => 'problem' in item).map(({ file }) => file)).toEqual([
      `${ARCHIVE}: ${OTHER}.meta.json`,
      `${ARCHIVE}: ${without}.meta.json`,
    ]);
    expect(await repository.readManifest({ id: ID, archive: ARCHIVE })).toEqual(sampleManifest(ID));
    await expect(repository.readManifest({ id: OTHER, archive: ARCHIVE })).rejects.toMatchObject({
      code: 'SNAPSHOT_CORRUPT',
    });
  });

  it('that are corrupt give one problem', async () => {
    await writeFile(repository.workspace.archivePath(ARCHIVE), 'garbage');
    expect(await repository.readArchive(ARCHIVE)).toEqual([{ file: ARCHIVE, problem: expect.any(String) as string }]);
  });
});

it('keeps annotations as a whole file of the owner', async () => {
  expect(await repository.readAnnotations()).toBeNull();
  await repository.writeAnnotations('{}\n');
  expect(await repository.readAnnotations()).toBe('{}\n');
  expect(await modeOf(join(folder, 'annotations.json'))).toBe('600');
  expect(await repository.listProblems()).toEqual([]);
});

it('knows the room on the disk', async () => {
  const { free_bytes, total_bytes } = await repository.diskSpace();
  expect(free_bytes).toBeGreaterThan(0);
  expect(total_bytes).toBeGreaterThanOrEqual(free_bytes);
});
