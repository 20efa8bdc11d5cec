import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BundleEngine } from '../../src/backup/engines/bundle/bundle.engine.js';
import type { DatabaseEngine } from '../../src/backup/engines/database.engine.js';
import { NativeEngine } from '../../src/backup/engines/native/native.engine.js';
import { openContent } from '../../src/backup/engines/shared/document.content.js';
import { encodingFields } from '../../src/backup/engines/shared/document.output.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { contentOf, type FilesManifest, type FullManifest, type Manifest } from '../../src/backup/model/manifest.js';
import { snapshotFromManifest } from '../../src/backup/model/snapshot.js';
import { ofDatabase, ofFiles } from '../../src/backup/operations/stored-snapshots.js';
import { EngineBench } from '../support/engine-bench.js';
import { engineContract, type ContractSubject } from '../support/engine-contract.js';
import { FilesBench } from '../support/files-bench.js';
import { InlineEngine } from '../support/inline-engines.js';
import { InlineHost } from '../support/inline-tasks.js';
import { position } from '../support/position-codec.js';
import { everyValue } from '../support/sqlite-oracle.js';
import { describeTree } from '../support/tree-oracle.js';

engineContract('json, on SQLite', () => sqlite(new InlineEngine()), { differentials: true });
engineContract('native, on SQLite', () => sqlite(new NativeEngine(new InlineHost())));
engineContract('files', files, { differentials: true });
engineContract('of bundles', bundle);

describe('the engine json, with a codec', () => {
  let bench: EngineBench;

  beforeEach(async () => {
    bench = await EngineBench.open(new InlineEngine());
    bench.codec = position.name;
    execute(bench, THOUSAND_ROWS);
  });
  afterEach(() => bench.close());

  it('compares two snapshots row by row, and reads rows out of one', async () => {
    const before = await bench.capture();
    execute(bench, 'DELETE FROM users WHERE id = 5');
    const after = await bench.captureAgainst(before);
    expect(after.manifest.kind).toBe('differential');
    const states = { before: { snapshot: before }, after: { snapshot: after } };
    expect((await bench.engine.compare(states)).tables).toMatchObject([{ inserted: 0, updated: 0, deleted: 1 }]);
    const page = { view: 'table', table: 'users', offset: 4, limit: 1 } as const;
    const rows = await text(await bench.engine.readRows({ snapshot: after, ...page }));
    expect(JSON.parse(rows)).toMatchObject({ total: 999, rows: [{ id: 6 }] });
  });

  it('reads of the base no more than the chunks that changed, through the codec', async () => {
    const before = await bench.capture();
    execute(bench, "UPDATE users SET name = 'changed' WHERE id = 500");
    const after = await bench.captureAgainst(before);
    expect(after.manifest.kind).toBe('differential');
    expect(contentOf(after.manifest).bytes).toBeLessThan(1000); // one splice of one row, which needs the row before
  });

  it('repeats the differences of the last snapshot where nothing was written since', async () => {
    const base = await bench.capture();
    execute(bench, "UPDATE users SET name = 'changed' WHERE id = 500");
    const first = await bench.captureAgainst(base);
    const previous = { snapshot: first, state: bench.lastCapture!.state! };
    const second = await bench.captureAgainst(base, previous);
    const [one, other] = await Promise.all(
      [first, second].map(async ({ document, manifest }) => text(await openContent(document, manifest.codec))),
    );
    expect(other!.replace(second.manifest.id, first.manifest.id)).toBe(one);
    await bench.engine.verify({ snapshot: second });
  });

  it('builds on a base that is stored in another way', async () => {
    bench.codec = undefined;
    const base = await bench.capture();
    bench.codec = position.name;
    execute(bench, "UPDATE users SET name = 'changed' WHERE id = 500");
    const before = everyValue(bench.databasePath);
    const differential = await bench.captureAgainst(base);
    expect(differential.manifest).toMatchObject({ kind: 'differential', codec: position.name });
    execute(bench, 'DELETE FROM users');
    await bench.restore(differential);
    expect(everyValue(bench.databasePath)).toEqual(before);
  });
});

/** So many that a differential of a few is worth it. */
const THOUSAND_ROWS = `CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
  WITH RECURSIVE n (id) AS (VALUES (1) UNION ALL SELECT id + 1 FROM n WHERE id < 1000)
  INSERT INTO users SELECT id, 'user ' || id || ' ' || hex(zeroblob(30)) FROM n`;

function execute(bench: EngineBench, sql: string): void {
  const database = new Database(bench.databasePath);
  database.exec(sql);
  database.close();
}

async function sqlite(engine: DatabaseEngine): Promise<ContractSubject> {
  const bench = await EngineBench.open(engine);
  execute(bench, THOUSAND_ROWS);
  let changes = 0;
  const capture = (codec: string | undefined) => {
    bench.codec = codec;
    return bench.capture();
  };
  return {
    folder: bench.folder,
    capture,
    ...(engine.takesDifferentials && {
      captureAgainst: (base: StoredSnapshot<Manifest>, codec: string | undefined) => {
        bench.codec = codec;
        return bench.captureAgainst(ofDatabase(base));
      },
    }),
    restore: (snapshot) => bench.restore(ofDatabase(snapshot)),
    change: () => Promise.resolve(execute(bench, `UPDATE users SET name = 'changed ${++changes}' WHERE id = 7`)),
    state: () => everyValue(bench.databasePath),
    close: () => bench.close(),
  };
}

async function files(): Promise<ContractSubject> {
  const bench = await FilesBench.open();
  for (let n = 0; n < 30; n++) await writeFile(join(bench.uploads, `${n}.txt`), `file ${n} `.repeat(200));
  let changes = 0;
  return {
    folder: bench.backups,
    capture: (codec) => bench.capture({ ...(codec && { codec }) }),
    captureAgainst: (base, codec) => bench.capture({ base: ofFiles(base), ...(codec && { codec }) }),
    restore: (snapshot) => bench.restore(ofFiles(snapshot)),
    change: () => writeFile(join(bench.uploads, '7.txt'), `changed ${++changes}`),
    state: () => describeTree(bench.uploads, { folderTimes: false }),
    close: () => bench.close(),
  };
}

/** Two parts that are nowhere: what is proved of them is what their manifests say. */
async function bundle(): Promise<ContractSubject> {
  const folder = await mkdtemp(join(tmpdir(), 'bundle-'));
  const engine = new BundleEngine(new InlineHost());
  const parts: Manifest[] = ['part_1', 'part_2'].map((id) => partNamed(id));
  let changes = 0;
  return {
    folder,
    parts,
    capture: async (codec) => {
      const id = 'auto_backup_1';
      const path = join(folder, `${id}.json`);
      const captured = await engine.capture({
        id,
        createdAt: '2026-01-30T12:00:00.000Z',
        documentPath: path,
        parts: parts.map((part) => snapshotFromManifest(part, null)),
        ...(codec && { codec }),
      });
      await rename(captured.temporaryPath, path);
      const manifest: FullManifest = {
        ...partNamed(id),
        filename: `${id}.json`,
        file_size_bytes: captured.sizeBytes,
        checksum: captured.checksum,
        ...encodingFields(captured.encoding),
        source: 'full',
        engine: 'parts',
        parts: parts.map((part) => part.id),
      };
      return { manifest, document: { path, entry: null }, base: null };
    },
    change: () => Promise.resolve(++changes),
    state: () => changes,
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

const partNamed = (id: string): FilesManifest => ({
  format: 'nestjs-backup/manifest',
  version: 1,
  id,
  filename: `${id}.tar`,
  kind: 'full',
  base: null,
  plan: 'auto',
  source: 'files',
  engine: 'files',
  created_at: '2026-01-30T12:00:00.000Z',
  duration_ms: 1,
  trigger: { type: 'manual' },
  description: null,
  file_size_bytes: 10,
  checksum: 'a'.repeat(64),
  checksum_algorithm: 'SHA256',
  tables: {},
  paths: ['/nowhere'],
  files: { count: 0, size_bytes: 0, sha256: 'b'.repeat(64), skipped: [] },
  app_version: '0.0.0',
});
