import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { FilesEngine } from '../engines/files/files.engine.js';
import type { FilesPage } from '../engines/files/files.requests.js';
import { BrowseOperation } from './browse.operation.js';
import type { StoredSnapshots } from './stored-snapshots.js';

const soon = () => new Promise(setImmediate);
const busy = { code: 'BUSY' };

/** Lists that are answered when they are told to, and files of which nobody reads more than the beginning. */
function setUp() {
  const lists: (() => void)[] = [];
  const streams: PassThrough[] = [];
  const engine = {
    list: () => new Promise<FilesPage>((resolve) => lists.push(() => resolve({} as FilesPage))),
    find: () => Promise.resolve({ path: 'a', name: 'a', sizeBytes: 1_000_000 }),
    content: () => {
      const stream = new PassThrough();
      streams.push(stream);
      return Promise.resolve(stream);
    },
  } as unknown as FilesEngine;
  const snapshots = {
    read: (_: string, work: (stored: object) => unknown) => work({ manifest: { source: 'files' } }),
  } as unknown as StoredSnapshots;
  const browse = new BrowseOperation(snapshots, engine);
  return {
    lists,
    streams,
    list: () => browse.list('files_1', { folder: null, search: null, offset: 0, limit: 100 }),
    file: () => browse.file('files_1', 'a'),
  };
}

describe('looking into snapshots of files', () => {
  it('is done by few at a time', async () => {
    const { lists, list } = setUp();
    const running = Array.from({ length: 4 }, list);
    await expect(list()).rejects.toMatchObject(busy);
    lists[0]!();
    await running[0];
    running.push(list());
    for (const answer of lists) answer();
    await Promise.all(running);
  });

  it('hands out few files at a time, whether they are read or given up', async () => {
    const { streams, file } = setUp();
    await Promise.all(Array.from({ length: 4 }, file));
    await expect(file()).rejects.toMatchObject(busy);
    streams[0]!.destroy();
    streams[1]!.end();
    streams[1]!.resume();
    await soon();
    await soon();
    await Promise.all([file(), file()]);
    await expect(file()).rejects.toMatchObject(busy);
  });

  it('goes on while files are handed out', async () => {
    const { lists, list, file } = setUp();
    await Promise.all(Array.from({ length: 4 }, file));
    const page = list();
    lists[0]!();
    expect(await page).toEqual({});
  });
});
