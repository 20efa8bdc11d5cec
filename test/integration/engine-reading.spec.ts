import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RowsRequest } from '../../src/backup/engines/database.engine.js';
import type { ReadRequest, StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import type { DatabaseManifest } from '../../src/backup/model/manifest.js';
import { isProcessAlive } from '../../src/backup/system/temporary-file.js';
import { EngineBench } from '../support/engine-bench.js';
import { useChildren } from '../support/inline-tasks.js';
import { createTraps } from '../support/sqlite-oracle.js';

const ROWS = 40_000;

let bench: EngineBench;
let snapshot: StoredSnapshot;
let bytes: Buffer;
let tables: Record<string, { rows: unknown[] }>;

beforeAll(async () => {
  bench = await EngineBench.open();
  createTraps(bench.databasePath);
  const database = new Database(bench.databasePath);
  database.exec(`CREATE TABLE many (id INTEGER PRIMARY KEY, v TEXT);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS}) INSERT INTO many SELECT i, 'a value, {"with"}, ' || char(10) || i FROM n`);
  database.close();
  snapshot = await bench.capture();
  bytes = await readFile(snapshot.document.path);
  tables = (JSON.parse(bytes.toString()) as { tables: typeof tables }).tables;
});
afterAll(() => bench.close());

type AnyRequest = ReadRequest<DatabaseManifest> | RowsRequest;

const read = (request: AnyRequest) =>
  'archive' in request || 'table' in request ? bench.engine.readRows(request) : bench.engine.read(request);
const rowsOf = async (table: string, offset: number, limit: number, from = snapshot) =>
  JSON.parse(await text(await read({ snapshot: from, view: 'table', table, offset, limit }))) as unknown;

/** The same snapshot with other bytes in its document. */
async function damaged(name: string, content: Buffer): Promise<StoredSnapshot> {
  const path = `${bench.folder}/${name}.json`;
  await writeFile(path, content);
  return { ...snapshot, document: { path, entry: null } };
}

/** How a stream that is refused at once, or breaks on the way, ends. */
const failure = async (reading: Promise<Readable>): Promise<unknown> =>
  reading.then(buffer).then(
    () => 'it ended well',
    (error: unknown) => error,
  );

describe('what can be read out of a snapshot', () => {
  it('the document, byte for byte', async () => {
    expect((await buffer(await read({ snapshot, view: 'document' }))).equals(bytes)).toBe(true);
  });

  it('all tables at once', async () => {
    const extract = JSON.parse(
      await text(await read({ snapshot, view: 'extract', archive: 'an "archive".zip' })),
    ) as object;
    const data = Object.fromEntries(Object.entries(tables).map(([name, { rows }]) => [name, rows]));
    expect(extract).toEqual({ filename: snapshot.manifest.filename, archive: 'an "archive".zip', data });
  });

  it.each([
    [0, 0],
    [0, 1],
    [0, 10],
    [1, 1],
    [1023, 2],
    [ROWS - 1, 1],
    [ROWS - 1, 100],
    [ROWS, 10],
    [ROWS * 10, 10],
    [0, ROWS * 2],
    [20_000, 500],
  ])('a table’s rows from %i on, %i at most', async (offset, limit) => {
    const rows = tables['many']!.rows.slice(offset, offset + limit);
    expect(await rowsOf('many', offset, limit)).toEqual({ table: 'many', offset, limit, total: ROWS, rows });
  });

  it.each(['__proto__', 'order', 'hides rowid', 'empty_table', 'sqlite_sequence', 'without_rowid'])(
    'a table called %s',
    async (table) => {
      const { rows } = Object.getOwnPropertyDescriptor(tables, table)!.value as { rows: unknown[] };
      expect(await rowsOf(table, 0, 100)).toEqual({ table, offset: 0, limit: 100, total: rows.length, rows });
    },
  );

  it('of an empty database', async () => {
    const empty = await EngineBench.open();
    new Database(empty.databasePath).exec('CREATE TABLE t (a); DROP TABLE t').close();
    const nothing = await empty.capture();
    expect(JSON.parse(await text(await read({ snapshot: nothing, view: 'extract', archive: 'a' })))).toMatchObject({
      data: {},
    });
    await empty.close();
  });

  it.each(['nobody', 'migrations', 'toString', 'constructor', '', 'MANY'])(
    'no table called %j, which is said before the first byte',
    async (table) => {
      await expect(read({ snapshot, view: 'table', table, offset: 0, limit: 1 })).rejects.toMatchObject({
        code: 'TABLE_NOT_FOUND',
      });
    },
  );
});

describe('a document that is damaged', () => {
  const views = (stored: StoredSnapshot): AnyRequest[] => [
    { snapshot: stored, view: 'document' },
    { snapshot: stored, view: 'extract', archive: 'a' },
    { snapshot: stored, view: 'table', table: 'without_rowid', offset: 0, limit: 1000 },
  ];

  it('breaks the stream where it is cut off', async () => {
    for (const length of [bytes.length >> 1, 100_000]) {
      const cut = await damaged('cut', bytes.subarray(0, length));
      for (const request of views(cut))
        expect(await failure(read(request)), request.view).toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
    }
  });

  it('is refused before the first byte where it does not begin like one', async () => {
    const [, ...others] = views(await damaged('other', Buffer.from('{"an":"other file"}\n'.repeat(10))));
    for (const request of others) await expect(read(request)).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
    const empty = views(await damaged('empty', Buffer.alloc(0)));
    for (const request of empty) await expect(read(request)).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
  });

  it('breaks the stream where a bit is flipped', async () => {
    const flipped = Buffer.from(bytes);
    const position = flipped.indexOf('minus zero');
    flipped[position]! ^= 0x01;
    const [document] = views(await damaged('flipped', flipped));
    expect(await failure(read(document!))).toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
  });
});

describe('an engine in a process of its own', () => {
  useChildren();

  it('a reader that goes away ends the engine host', async () => {
    let pid = 0;
    const stream = await bench.engine.read(
      { snapshot, view: 'document' },
      { onStart: (started) => void (pid = started) },
    );
    await once(stream, 'readable');
    expect(isProcessAlive(pid)).toBe(true);
    stream.destroy();
    await expect.poll(() => isProcessAlive(pid)).toBe(false);
  });
});
