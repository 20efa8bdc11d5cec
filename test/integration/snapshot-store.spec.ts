import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStored } from '../../src/backup/archive/stored-file.js';
import { FolderStore } from '../../src/backup/stores/folder.store.js';
import { InMemoryStore } from '../../src/backup/stores/memory.store.js';
import { SnapshotRepository } from '../../src/backup/stores/snapshot.repository.js';
import type { SnapshotStore } from '../../src/backup/stores/snapshot-store.js';
import type { StoreArea } from '../../src/backup/stores/stored-objects.js';
import { Workspace } from '../../src/backup/stores/workspace.js';
import {
  captureSample,
  documentText,
  publishSample,
  publishSampleArchive,
  sampleManifest,
} from '../support/sample-snapshots.js';

/** What every store does, whatever it is made of: run by each. */
const STORES: [string, (workspace: Workspace) => SnapshotStore][] = [
  ['a folder', (workspace) => new FolderStore(workspace)],
  ['memory', () => new InMemoryStore()],
];

const AREAS: StoreArea[] = ['snapshots', 'archives'];
const ID = 'auto_backup_20260130_120000';
const OTHER = 'auto_backup_20260130_121000';
const ARCHIVE = 'archived_backups_20260130.zip';

let folder: string;
let workspace: Workspace;
let store: SnapshotStore;
let repository: SnapshotRepository;

const content = (...pieces: string[]) => Readable.from(pieces.map((piece) => Buffer.from(piece)));
const read = async (area: StoreArea, name: string, range?: { offset: number; length?: number }) =>
  text(await store.open(area, name, range));

async function* breaking() {
  yield await Promise.resolve(Buffer.from('half'));
  throw new Error('the network broke');
}

describe.each(STORES)('a store that is %s', (_, make) => {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'store-'));
    workspace = new Workspace(join(folder, 'backups'));
    store = make(workspace);
    repository = new SnapshotRepository(store, workspace);
    await repository.prepare();
  });

  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });

  describe.each(AREAS)('in the area %s', (area) => {
    it('gives back what was put, as a whole and in parts', async () => {
      await store.put(area, 'a.json', content('01234', '56789'));
      expect(await read(area, 'a.json')).toBe('0123456789');
      expect(await read(area, 'a.json', { offset: 3 })).toBe('3456789');
      expect(await read(area, 'a.json', { offset: 3, length: 4 })).toBe('3456');
      expect(await read(area, 'a.json', { offset: 8, length: 40 })).toBe('89');
      expect(await store.readText(area, 'a.json')).toBe('0123456789');
    });

    it('takes an empty object', async () => {
      await store.put(area, 'empty.json', content());
      expect(await read(area, 'empty.json')).toBe('');
      expect(await store.stat(area, 'empty.json')).toMatchObject({ name: 'empty.json', size_bytes: 0 });
    });

    it('lists and describes what is there, and nothing else', async () => {
      expect((await store.list(area)).files.has('a.json')).toBe(false);
      expect(await store.stat(area, 'a.json')).toBeNull();
      await store.put(area, 'a.json', content('four'));
      await store.put(area, 'b.json', content(''));
      expect([...(await store.list(area)).files].sort()).toEqual(['a.json', 'b.json']);
      expect(await store.stat(area, 'a.json')).toMatchObject({ name: 'a.json', size_bytes: 4 });
    });

    it('keeps the areas apart', async () => {
      const other = AREAS.find((one) => one !== area)!;
      await store.put(area, 'a.json', content('four'));
      expect(await store.stat(other, 'a.json')).toBeNull();
    });

    it('replaces an object, which then has another revision', async () => {
      await store.put(area, 'a.json', content('old'));
      const before = await store.stat(area, 'a.json');
      await store.put(area, 'a.json', content('newer'));
      expect(await read(area, 'a.json')).toBe('newer');
      expect((await store.stat(area, 'a.json'))!.revision).not.toBe(before!.revision);
    });

    it('changes nothing where the content fails', async () => {
      await store.put(area, 'a.json', content('old'));
      await expect(store.put(area, 'a.json', Readable.from(breaking()))).rejects.toThrow();
      await expect(store.put(area, 'b.json', Readable.from(breaking()))).rejects.toThrow();
      expect(await read(area, 'a.json')).toBe('old');
      expect([...(await store.list(area)).files]).toEqual(['a.json']);
    });

    it('removes an object, also one that is gone', async () => {
      await store.put(area, 'a.json', content('old'));
      await store.remove(area, 'a.json');
      await store.remove(area, 'a.json');
      expect(await store.stat(area, 'a.json')).toBeNull();
      expect((await store.list(area)).files.size).toBe(0);
    });

    it('says of an object that is missing that it is', async () => {
      await expect(store.open(area, 'a.json')).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
      await expect(store.readText(area, 'a.json')).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it('gives a file that other processes can read, of the newest revision', async () => {
      const asChildSees = async () => {
        const path = await store.localPath(area, 'a.json');
        return (await promisify(execFile)('cat', [path])).stdout;
      };
      await store.put(area, 'a.json', content('old'));
      expect(await asChildSees()).toBe('old');
      expect(await store.localPath(area, 'a.json')).toBe(await store.localPath(area, 'a.json'));
      await store.put(area, 'a.json', content('newer'));
      expect(await asChildSees()).toBe('newer');
    });
  });

  it('replaces small texts, and reads none that is too large or no text', async () => {
    await store.writeText('snapshots', 'annotations.json', '{}\n');
    await store.writeText('snapshots', 'annotations.json', '{"é":1}\n');
    expect(await store.readText('snapshots', 'annotations.json')).toBe('{"é":1}\n');
    await store.put('snapshots', 'x.json', Readable.from([Buffer.from([0xff, 0xfe])]));
    await expect(store.readText('snapshots', 'x.json')).rejects.toThrow();
    await store.put('snapshots', 'big.json', Readable.from([Buffer.alloc(16 * 1024 * 1024 + 1)]));
    await expect(store.readText('snapshots', 'big.json')).rejects.toThrow('16777216');
  });

  it('publishes a snapshot, and leaves nothing unfinished behind', async () => {
    const manifest = await publishSample(repository, ID);
    expect(await repository.listRegular()).toEqual([ID]);
    expect(await repository.readManifest({ id: ID, archive: null })).toEqual(manifest);
    expect(await repository.look(ID)).toEqual({ manifest, archive: null });
    expect(await repository.isTaken(ID)).toBe(true);
    expect(await text(await openStored(await repository.documentOf({ filename: `${ID}.json`, archive: null })))).toBe(
      documentText(ID),
    );
    const fault = await repository.faultOf({ ...manifest, size_bytes: manifest.file_size_bytes, archive: null });
    expect(fault).toBeNull();
    expect((await readdir(workspace.folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('keeps the chunk index of a snapshot until that is removed', async () => {
    const temporaryDocument = await captureSample(repository, ID);
    const temporaryIndex = join(workspace.folder, '.index.1.tmp');
    await writeFile(temporaryIndex, 'index');
    await repository.publishSnapshot({ manifest: sampleManifest(ID), temporaryDocument, temporaryIndex });
    expect(await readFile(workspace.indexPath(ID), 'utf8')).toBe('index');
    await repository.removeSnapshot(ID);
    await expect(readFile(workspace.indexPath(ID))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('never overwrites a snapshot', async () => {
    const manifest = await publishSample(repository, ID);
    const temporaryDocument = await captureSample(repository, ID);
    const other = sampleManifest(ID, { plan: 'other' });
    await expect(
      repository.publishSnapshot({ manifest: other, temporaryDocument, temporaryIndex: null }),
    ).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    expect(await repository.readManifest({ id: ID, archive: null })).toEqual(manifest);
  });

  it('publishes nothing where the document is not there', async () => {
    const temporaryDocument = join(workspace.folder, '.missing.1.tmp');
    await expect(
      repository.publishSnapshot({ manifest: sampleManifest(ID), temporaryDocument, temporaryIndex: null }),
    ).rejects.toThrow();
    expect(await repository.listRegular()).toEqual([]);
    expect(await repository.listProblems()).toEqual([]);
    expect(await repository.isTaken(ID)).toBe(false);
  });

  it('removes a snapshot as a whole, also one that is gone', async () => {
    await publishSample(repository, ID);
    await publishSample(repository, OTHER);
    await repository.removeSnapshot(ID);
    await repository.removeSnapshot(ID);
    expect(await repository.listRegular()).toEqual([OTHER]);
    expect(await repository.listProblems()).toEqual([]);
  });

  it('does not delete a document without a manifest', async () => {
    await store.put('snapshots', `${ID}.json`, content('whose is it'));
    await repository.removeSnapshot(ID);
    expect(await read('snapshots', `${ID}.json`)).toBe('whose is it');
    expect(await repository.listProblems()).toMatchObject([{ file: `${ID}.json` }]);
  });

  it('keeps archives, replaces them, and reads what they hold', async () => {
    await publishSampleArchive(repository, ARCHIVE, [sampleManifest(ID)]);
    const [first] = await repository.listArchives();
    expect(await repository.countInArchive(ARCHIVE)).toBe(1);
    await publishSampleArchive(repository, ARCHIVE, [sampleManifest(ID), sampleManifest(OTHER)]);
    const [second] = await repository.listArchives();
    expect(second!.revision).not.toBe(first!.revision);
    expect(await repository.readArchive(ARCHIVE)).toHaveLength(2);
    expect(await repository.readManifest({ id: OTHER, archive: ARCHIVE })).toEqual(sampleManifest(OTHER));
    const document = await repository.documentOf({ filename: `${OTHER}.json`, archive: ARCHIVE });
    expect(await text(await openStored(document))).toBe(documentText(OTHER));
    await repository.removeArchive(ARCHIVE);
    await repository.removeArchive(ARCHIVE);
    expect(await repository.listArchives()).toEqual([]);
  });

  it('says what is wrong with a snapshot whose parts were lost', async () => {
    const manifest = await publishSample(repository, ID);
    const listed = { ...manifest, size_bytes: manifest.file_size_bytes, archive: null };
    await store.put('snapshots', `${ID}.json`, content('shorter'));
    expect(await repository.faultOf(listed)).toMatch(/has 7 bytes/);
    await store.remove('snapshots', `${ID}.json`);
    expect(await repository.faultOf(listed)).toMatch(/document .* is missing/);
  });
});

describe('a store in memory', () => {
  const broken = new (class extends InMemoryStore {
    override put(area: StoreArea, name: string, stream: Readable): Promise<void> {
      return super.put(area, name, name.endsWith('.meta.json') ? stream : content('rotten'));
    }
  })();

  it('lists no snapshot that reads back differently', async () => {
    const root = await mkdtemp(join(tmpdir(), 'store-'));
    const snapshots = new SnapshotRepository(broken, new Workspace(root));
    await snapshots.prepare();
    await expect(publishSample(snapshots, ID)).rejects.toThrow('is different when it is read back');
    expect(await snapshots.listRegular()).toEqual([]);
    expect(await snapshots.listProblems()).toEqual([]);
    await rm(root, { recursive: true });
  });

  it('removes its local copies when it is closed', async () => {
    const root = await mkdtemp(join(tmpdir(), 'store-'));
    const memory = new InMemoryStore();
    const place = new Workspace(root);
    await new SnapshotRepository(memory, place).prepare();
    await memory.put('snapshots', 'a.json', content('x'));
    const path = await memory.localPath('snapshots', 'a.json');
    expect(await readFile(path, 'utf8')).toBe('x');
    await memory.close();
    expect(await readdir(join(root, '.scratch'))).toEqual([]);
    await rm(root, { recursive: true });
  });
});

it('in a folder no link is followed', async () => {
  const root = await mkdtemp(join(tmpdir(), 'store-'));
  const place = new Workspace(root);
  await place.prepare();
  await writeFile(join(root, 'secret'), 'secret');
  await symlink(join(root, 'secret'), join(root, 'a.json'));
  const files = new FolderStore(place);
  await expect(files.open('snapshots', 'a.json')).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
  await files.put('snapshots', 'a.json', content('mine'));
  expect(await readFile(join(root, 'secret'), 'utf8')).toBe('secret');
  expect(await readFile(join(root, 'a.json'), 'utf8')).toBe('mine');
  await expect(files.put('snapshots', '../a.json', content('x'))).rejects.toMatchObject({ code: 'SNAPSHOT_NOT_FOUND' });
  await rm(root, { recursive: true });
});
