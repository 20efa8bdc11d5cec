import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeArchive } from '../../src/backup/archive/archive.writer.js';
import type { ServerTarget } from '../../src/backup/engines/database-target.js';
import { EngineHost } from '../../src/backup/engines/engine-host.js';
import { NativeEngine } from '../../src/backup/engines/native/native.engine.js';
import type { NativeOptions } from '../../src/backup/engines/native/native.options.js';
import type { CaptureRequest } from '../../src/backup/engines/database.engine.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { BackupError } from '../../src/backup/model/errors.js';
import { EngineBench } from '../support/engine-bench.js';
import { eventually } from '../support/eventually.js';
import { fullDisk } from '../support/full-disk.js';
import { useChildren } from '../support/inline-tasks.js';
import { commandLines, postgres, sampled } from '../support/native-servers.js';
import { some } from '../support/rounds.js';

const DATABASE = `native_${process.pid}`;
const TEMPLATE = `${DATABASE}_template`;
const PASSWORD = 'a "very\' secret\\ pass=word';
let bench: EngineBench;
let target: ServerTarget;

const SCHEMA = `
CREATE EXTENSION pgcrypto;
CREATE SCHEMA "o.ther";
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TABLE migrations (id serial PRIMARY KEY, "timestamp" bigint NOT NULL, name varchar NOT NULL);
INSERT INTO migrations ("timestamp", name) VALUES (2, 'Second2'), (1, 'A\\b');
CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE, m mood DEFAULT 'happy', b bytea, n numeric, f float8, f4 real, j jsonb, at timestamptz DEFAULT now(),
  i interval, price money, tags text[], r int4range, p positive, doubled int GENERATED ALWAYS AS (id * 2) STORED, ident int GENERATED ALWAYS AS IDENTITY);
INSERT INTO users (email, b, n, f, f4, j, i, price, tags, r, p) SELECT 'user ' || g || E'\\n\\t\\\\.', decode(md5(g::text), 'hex'),
  CASE g % 5 WHEN 0 THEN 'NaN' ELSE g / 7.0 END, CASE g % 7 WHEN 0 THEN '-Infinity' ELSE g / 3.0 END, g / 3.0, jsonb_build_object('g', g, 'null', NULL),
  make_interval(days => g, secs => 0.000001), g::text::money, ARRAY['a', NULL, 'c"d'], int4range(g, g + 2), g + 1 FROM generate_series(0, 499) g;
CREATE TABLE posts (id bigserial PRIMARY KEY, author int NOT NULL REFERENCES users ON DELETE CASCADE, body text);
INSERT INTO posts (author, body) SELECT g % 499 + 1, repeat(md5(g::text), g % 300) FROM generate_series(1, 3000) g;
UPDATE posts SET body = body || 'x' WHERE id % 7 = 0;
CREATE TABLE empty (); CREATE TABLE no_rows (a int); INSERT INTO empty DEFAULT VALUES;
CREATE TABLE measured (at date NOT NULL, v int) PARTITION BY RANGE (at);
CREATE TABLE measured_1 PARTITION OF measured FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE measured_2 PARTITION OF measured DEFAULT;
INSERT INTO measured SELECT date '2026-01-01' + g, g FROM generate_series(0, 60) g;
CREATE TABLE parent (a int); CREATE TABLE child (b int) INHERITS (parent); INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2, 3);
CREATE TABLE "o.ther"."t""a
COPY evil (a) FROM stdin;
b" (a int, "c
d" text); INSERT INTO "o.ther"."t""a
COPY evil (a) FROM stdin;
b" VALUES (1, E'\\\\.'), (2, E'\\\\.\\nCOMMIT;\\n');
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $x$ BEGIN /* it's; COMMIT; */ INSERT INTO no_rows VALUES (1); RETURN NEW; END $x$;
CREATE FUNCTION two() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END;
CREATE TRIGGER on_insert AFTER INSERT ON posts FOR EACH ROW EXECUTE FUNCTION audit();
CREATE RULE both_of_them AS ON DELETE TO no_rows DO ALSO (SELECT 1; SELECT 'COMMIT;');
CREATE VIEW everybody AS SELECT email, E'it''s \\\\' AS quoted FROM users; CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM posts;
CREATE INDEX by_body ON posts (left(body, 20));
COMMENT ON TABLE posts IS 'a; "comment" $$ '' \\restrict';
SELECT lo_from_bytea(424242, '\\x0011');
SELECT setval('posts_id_seq', 77777);
`;

const DISTURBANCE = `
DELETE FROM users WHERE id % 3 = 0; UPDATE users SET email = email || '!'; TRUNCATE empty;
INSERT INTO no_rows VALUES (5); UPDATE measured SET v = -v; DELETE FROM parent; SELECT setval('posts_id_seq', 99999); SELECT lo_put(424242, 0, '\\xff');
`;

beforeEach(async () => {
  bench = await EngineBench.open(new NativeEngine(new EngineHost()));
  target = postgres.target(DATABASE);
});
afterEach(async () => {
  await bench.close();
  if (postgres.isThere()) postgres.drop(DATABASE);
});

/** The database of each test of a `describe` is a copy of one that is filled once. */
function copiedForEachTest(sql: string): void {
  beforeAll(() => {
    postgres.create(TEMPLATE);
    postgres.sql(TEMPLATE, sql);
  });
  beforeEach(() => postgres.create(DATABASE, TEMPLATE));
  afterAll(() => postgres.drop(TEMPLATE));
}

const engineWith = (options: NativeOptions) => new NativeEngine(new EngineHost(), options);
const restoreRequest = (snapshot: StoredSnapshot, database = target) => ({
  database,
  snapshot,
  tables: null,
  allowSchemaChanges: false,
});
const captureRequest = (database = target): CaptureRequest => ({
  database,
  id: 'x',
  createdAt: '2026-01-30T12:00:00.000Z',
  documentPath: join(bench.folder, 'x.dump'),
  indexPath: join(bench.folder, 'x.index'),
  base: 'engine',
  previous: null,
});
const unfinished = async () => (await readdir(bench.folder)).filter((name) => name.includes('.tmp'));
/** The databases' own programs, and the shells that watch them. */
const programs = () =>
  commandLines().filter(({ line }) => line.includes(`dbname='${DATABASE}'`) && /psql|pg_dump|pg_restore/.test(line));
const ofPrograms = (condition: string) =>
  postgres.sql(
    'postgres',
    `SELECT count(*) FROM pg_stat_activity WHERE datname = '${DATABASE}' AND application_name IN ('psql', 'pg_dump') AND ${condition}`,
  );

/** Ends the connections of the programs alone: MATERIALIZED, or the planner might end everybody's before it looks whose they are. */
const endPrograms = () =>
  postgres.sql(
    'postgres',
    `WITH ours AS MATERIALIZED (SELECT pid FROM pg_stat_activity WHERE datname = '${DATABASE}' AND application_name IN ('psql', 'pg_dump'))
     SELECT pg_terminate_backend(pid) FROM ours`,
  );

async function withManifest(
  snapshot: StoredSnapshot,
  changes: Partial<StoredSnapshot['manifest']>,
): Promise<StoredSnapshot> {
  const bytes = await readFile(snapshot.document.path);
  const checksum = createHash('sha256').update(bytes).digest('hex');
  return { ...snapshot, manifest: { ...snapshot.manifest, checksum, file_size_bytes: bytes.length, ...changes } };
}

async function script(name: string, text: string): Promise<string> {
  const path = join(bench.folder, name);
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
  return path;
}

/** Runs here what stands after the container's name, and does not end it when it is killed; there the server is reached without being told where it is. */
const fakeDocker = (calls: string) =>
  script(
    'docker',
    `printf '%s\\n' "$*" >> '${calls}'
[ "$1 $2" = 'exec -i' ] || exit 99
shift 2
while [ "$1" = -e ]; do shift 2; done
[ "$1" = some-database ] || exit 98
shift
export PGHOST='${target.host}' PGPORT='${target.port}'
exec 5<&0
"$@" <&5 5<&- &
wait $!`,
  );

describe.skipIf(!postgres.isThere())('a database on PostgreSQL', () => {
  describe('with everything in it', () => {
    copiedForEachTest(SCHEMA);

    it('comes back as pg_dump prints it, and the manifest says what is in it', async () => {
      const before = postgres.dump(DATABASE);
      const snapshot = await bench.capture(target);
      const { manifest, document } = snapshot;
      expect(manifest).toMatchObject({ filename: 'auto_backup_1.dump', kind: 'full', full_reason: 'engine' });
      expect(manifest.database).toMatchObject({
        type: 'postgres',
        name: DATABASE,
        server_version: expect.stringMatching(/^\d+[.\d]*$/),
      });
      expect((await stat(document.path)).mode & 0o777).toBe(0o600);
      const rows = Object.entries(manifest.tables).map(([name, table]) => [name, table.rows]);
      expect(Object.fromEntries(rows)).toEqual({
        users: 500,
        posts: 3000,
        empty: 1,
        no_rows: 0,
        measured_1: 31,
        measured_2: 30,
        parent: 1,
        child: 1,
        '"o.ther"."t""a\nCOPY evil (a) FROM stdin;\nb"': 2,
      });
      expect(manifest.schema.migrations).toEqual(['Second2', 'A\\b']);
      expect(manifest.schema.ddl).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^CREATE TABLE public\.users/),
          expect.stringMatching(/BEGIN ATOMIC[\s\S]*\nEND$/),
        ]),
      );
      expect(manifest.schema.ddl.filter((sql) => !/^(CREATE|ALTER|COMMENT) /.test(sql))).toEqual([]);

      postgres.sql(DATABASE, DISTURBANCE);
      expect(postgres.dump(DATABASE)).not.toBe(before);
      expect(await bench.engine.checkRestorable(restoreRequest(snapshot))).toEqual([]);
      const outcome = await bench.restore(snapshot, { target });
      expect(outcome.warnings).toEqual([]);
      expect(outcome.tables['posts']).toEqual({ rows: 3000 });
      expect(postgres.dump(DATABASE)).toBe(before);
      expect((await bench.capture(target)).manifest.tables).toEqual(manifest.tables);
      expect(await unfinished()).toEqual([]);
    });

    it('has digests that anybody can compute from the document', async () => {
      const { manifest, document } = await bench.capture(target);
      const printed = postgres.run('pg_restore', ['--data-only', '--table=users', '--file=-', document.path]);
      const rows = printed.slice(printed.indexOf('FROM stdin;\n') + 12, printed.indexOf('\n\\.\n') + 1);
      expect(createHash('sha256').update(rows).digest('hex')).toBe(manifest.tables['users']!.sha256);
    });

    it('is restored by hand too', async () => {
      const before = postgres.dump(DATABASE);
      const { document } = await bench.capture(target);
      postgres.create(DATABASE);
      postgres.run('pg_restore', ['--single-transaction', '--exit-on-error', `--dbname=${DATABASE}`, document.path]);
      expect(postgres.dump(DATABASE)).toBe(before);
    });

    it('into an empty database when that is allowed, and out of an archive', async () => {
      const before = postgres.dump(DATABASE);
      const { manifest, document } = await bench.capture(target);
      const path = join(bench.folder, 'day.zip');
      const entry = { name: manifest.filename, modifiedAt: new Date(0), open: () => createReadStream(document.path) };
      await writeArchive(path, [entry]);
      await rm(document.path);
      const archived = { manifest, document: { path, entry: manifest.filename }, base: null };
      postgres.create(DATABASE);
      await expect(bench.restore(archived, { target })).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' });
      await bench.restore(archived, { target, allowSchemaChanges: true });
      expect(postgres.dump(DATABASE)).toBe(before);
    });

    it('takes the schema back only when that is allowed', async () => {
      const before = postgres.dump(DATABASE);
      const snapshot = await bench.capture(target);
      postgres.sql(
        DATABASE,
        'ALTER TABLE posts ADD likes int; CREATE TABLE later (a int); INSERT INTO later VALUES (1)',
      );
      const differences = await bench.engine.checkRestorable(restoreRequest(snapshot));
      expect(
        differences
          .map(({ difference }) => difference)
          .sort()
          .reverse(),
      ).toEqual([
        expect.stringMatching(/^only in the snapshot: CREATE TABLE public\.posts/),
        expect.stringMatching(/^only in the database: CREATE TABLE public\.posts/),
        expect.stringMatching(/^only in the database: CREATE TABLE public\.later/),
      ]);
      const refused = await bench.restore(snapshot, { target }).catch((error: BackupError) => error);
      expect(refused).toMatchObject({ code: 'SCHEMA_MISMATCH', details: { differences } });
      const { warnings } = await bench.restore(snapshot, { target, allowSchemaChanges: true });
      expect(warnings).toContainEqual(expect.stringMatching(/later/));
      expect(postgres.sql(DATABASE, 'SELECT a FROM later; DROP TABLE later')).toBe('1');
      expect(postgres.dump(DATABASE)).toBe(before);
    });

    it('is not touched when something else depends on what would be replaced', async () => {
      const snapshot = await bench.capture(target);
      postgres.sql(DATABASE, 'CREATE VIEW later AS SELECT * FROM posts; DELETE FROM posts WHERE id < 10');
      const before = postgres.dump(DATABASE);
      await expect(bench.restore(snapshot, { target, allowSchemaChanges: true })).rejects.toMatchObject({
        code: 'SCHEMA_MISMATCH',
        message: expect.stringMatching(/view public\.later depends on table public\.posts/),
      });
      expect(postgres.dump(DATABASE)).toBe(before);
    });

    it('is undone when a table has not the digest that the manifest promises', async () => {
      const snapshot = await bench.capture(target);
      postgres.sql(DATABASE, DISTURBANCE);
      const before = postgres.dump(DATABASE);
      for (const wrong of [{ sha256: 'f'.repeat(64) }, { rows: 1 }]) {
        const tables = structuredClone(snapshot.manifest.tables);
        Object.assign(tables['users']!, wrong);
        await expect(bench.restore(await withManifest(snapshot, { tables }), { target })).rejects.toMatchObject({
          code: 'RESTORE_MISMATCH',
        });
      }
      const tables = { ...snapshot.manifest.tables, gone: { rows: 0, sha256: 'f'.repeat(64) } };
      const refused = bench.restore(await withManifest(snapshot, { tables }), { target });
      await expect(refused).rejects.toMatchObject({ code: 'RESTORE_MISMATCH' });
      expect(postgres.dump(DATABASE)).toBe(before);
    });

    it('is not touched by a damaged archive', async () => {
      const snapshot = await bench.capture(target);
      postgres.sql(DATABASE, DISTURBANCE);
      const before = postgres.dump(DATABASE);
      const bytes = await readFile(snapshot.document.path);
      const flipped = Buffer.from(bytes);
      flipped[bytes.length - 500]! ^= 4;
      for (const damaged of [flipped, bytes.subarray(0, bytes.length >> 1), bytes.subarray(0, -1), Buffer.alloc(0)]) {
        await writeFile(snapshot.document.path, damaged);
        await expect(bench.restore(snapshot, { target })).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
        await expect(bench.engine.checkRestorable(restoreRequest(snapshot))).rejects.toMatchObject({
          code: 'SNAPSHOT_CORRUPT',
        });
      }
      expect(postgres.dump(DATABASE)).toBe(before);
    });

    it('waits for a lock as long as it may, and says that it was one', async () => {
      const snapshot = await bench.capture(target);
      const impatient = { ...target, busyTimeoutMs: 300 };
      const holder = await holdLock();
      await expect(bench.capture(impatient)).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
      await expect(bench.engine.restore(restoreRequest(snapshot, impatient))).rejects.toMatchObject({
        code: 'DATABASE_LOCKED',
      });
      await holder.release();
      await bench.restore(snapshot, { target });
    });

    it.skipIf(!fullDisk.isPossible())('a disk that fills up fails the capture, and leaves nothing there', async () => {
      postgres.sql(DATABASE, `CREATE TABLE large AS SELECT gen_random_bytes(1000) FROM generate_series(1, 5000)`);
      const folder = join(bench.folder, 'small');
      await mkdir(folder);
      await fullDisk.during(folder, 2, async () => {
        const paths = { documentPath: join(folder, 'x.dump'), indexPath: join(folder, 'x.index') };
        await expect(bench.engine.capture({ ...captureRequest(), ...paths })).rejects.toMatchObject({
          code: 'DISK_FULL',
        });
        expect(await readdir(folder)).toEqual([]);
      });
      await eventually(() => programs().length === 0);
    });
  });

  it('its rows come back in their order, whatever their sizes and their past', async () => {
    postgres.create(DATABASE);
    postgres.sql(
      DATABASE,
      `CREATE EXTENSION pgcrypto; CREATE TABLE mixed (n int, v text);
       INSERT INTO mixed SELECT g, repeat('x', (g * 7919) % 1900) FROM generate_series(1, 30000) g;
       DELETE FROM mixed WHERE n % 5 = 0; VACUUM mixed;
       INSERT INTO mixed SELECT -g, repeat('y', (g * 104729) % 7000) FROM generate_series(1, 4000) g;
       UPDATE mixed SET v = v || encode(gen_random_bytes(300), 'hex') WHERE n % 11 = 0`,
    );
    const before = postgres.dump(DATABASE);
    const snapshot = await bench.capture(target);
    postgres.sql(DATABASE, 'TRUNCATE mixed');
    await bench.restore(snapshot, { target });
    expect(postgres.dump(DATABASE)).toBe(before);
  });

  it('may have any name', async () => {
    const name = `${DATABASE} host=no 'x' "y" \\ é`;
    postgres.create(name);
    try {
      postgres.sql(name, 'CREATE TABLE "é" ("ü;" text); INSERT INTO "é" VALUES (\'ö\')');
      const snapshot = await bench.capture(postgres.target(name));
      expect(snapshot.manifest.tables).toHaveProperty('é');
      postgres.sql(name, 'DELETE FROM "é"');
      await bench.restore(snapshot, { target: postgres.target(name) });
      expect(postgres.sql(name, 'SELECT * FROM "é"')).toBe('ö');
    } finally {
      postgres.drop(name);
    }
  });

  describe('a small one', () => {
    useChildren();

    const ROWS = 40_000;
    copiedForEachTest(
      `CREATE TABLE items (id int PRIMARY KEY, name text UNIQUE); INSERT INTO items SELECT g, md5(g::text) FROM generate_series(1, ${ROWS}) g`,
    );

    it('keeps the password out of every process list, message and file', async () => {
      const secret = { ...target, password: PASSWORD };
      let snapshot!: StoredSnapshot;
      const seen = await sampled(async () => {
        snapshot = await bench.capture(secret);
        await bench.engine.checkRestorable(restoreRequest(snapshot, secret));
        await bench.restore(snapshot, { target: secret });
      });
      for (const program of ['pg_dump', 'pg_restore', 'psql'])
        expect(
          [...seen].some((line) => line.includes(`${program} `)),
          program,
        ).toBe(true);
      expect([...seen].filter((line) => line.includes(PASSWORD) || line.includes('secret'))).toEqual([]);
      expect(JSON.stringify(snapshot)).not.toContain('secret');
      for (const name of await readdir(bench.folder))
        expect(await readFile(join(bench.folder, name), 'latin1')).not.toContain(PASSWORD);
      const nobody = { ...secret, user: `nobody_${process.pid}` };
      const error = (await bench.capture(nobody).catch((thrown: BackupError) => thrown)) as BackupError;
      expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', message: expect.stringMatching(/nobody/) });
      expect(`${error.message} ${error.stack} ${JSON.stringify(error.details)}`).not.toContain('secret');
    });

    it('reaches the programs by their environment', async () => {
      const seen = join(bench.folder, 'seen');
      const pgDump = await script('pg_dump', `printf '%s' "$PGPASSWORD" >> '${seen}'; exec pg_dump "$@"`);
      await engineWith({ programs: { pgDump } }).capture(captureRequest({ ...target, password: PASSWORD }));
      expect(await readFile(seen, 'utf8')).toBe(PASSWORD);
    });

    it('a server that is down, or a database that is not there', async () => {
      const down = bench.capture({ ...target, port: 1 });
      await expect(down).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      const gone = bench.capture({ ...target, database: 'no such database' });
      await expect(gone).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      expect(await unfinished()).toEqual([]);
    });

    it.each(['psql', 'pgDump', 'pgRestore'] as const)(
      '%s that is missing: the error names the package to install',
      async (option) => {
        const engine = engineWith({ programs: { [option]: '/nowhere/program' } });
        await expect(engine.capture(captureRequest())).rejects.toMatchObject({
          code: 'UNSUPPORTED',
          message: expect.stringMatching(new RegExp(`"/nowhere/program".*"postgresql-client".*"programs\\.${option}"`)),
        });
        expect(await unfinished()).toEqual([]);
      },
    );

    it('a pg_dump that is older than the server is refused', async () => {
      const pgDump = await script('pg_dump', `echo 'pg_dump (PostgreSQL) 9.6.24'`);
      const capture = engineWith({ programs: { pgDump } }).capture(captureRequest());
      await expect(capture).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringMatching(/"postgresql-client-\d+"/),
      });
    });

    it('a pg_dump that fails half way, or is killed, makes no snapshot', async () => {
      for (const [end, sentence] of [
        ['exit 3', 'out of luck'],
        ['kill -9 $$', ''],
      ] as const) {
        const pgDump = await script(
          'pg_dump',
          `case "$*" in *--version*) exec pg_dump "$@";; esac; pg_dump "$@" | head -c 100000; echo '${sentence}' >&2; ${end}`,
        );
        const capture = engineWith({ programs: { pgDump } }).capture(captureRequest());
        await expect(capture).rejects.toMatchObject({
          code: 'ENGINE_FAILED',
          message: expect.stringMatching(sentence || /killed/i),
        });
        expect(await unfinished()).toEqual([]);
      }
    });

    it('a pg_restore that stops half way is not taken for one that finished', async () => {
      const snapshot = await bench.capture(target);
      postgres.sql(DATABASE, 'DELETE FROM items WHERE id % 2 = 0');
      const before = postgres.dump(DATABASE);
      for (const end of ['exit 1', 'exit 0', 'kill -9 $$']) {
        const pgRestore = await script(
          'pg_restore',
          `case "$*" in *--clean*) pg_restore "$@" | head -c 500000; ${end};; esac; exec pg_restore "$@"`,
        );
        const restore = engineWith({ programs: { pgRestore } }).restore(restoreRequest(snapshot));
        await expect(restore).rejects.toBeInstanceOf(BackupError);
        expect(postgres.dump(DATABASE)).toBe(before);
      }
    });

    it('what a newer pg_dump wrote, or a newer server held, is refused beforehand', async () => {
      const snapshot = await bench.capture(target);
      const newer = await withManifest(snapshot, {
        database: { ...snapshot.manifest.database, server_version: '99.1' },
      });
      await expect(bench.engine.checkRestorable(restoreRequest(newer))).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringMatching(/99/),
      });
      const bytes = await readFile(snapshot.document.path);
      bytes[6] = 99; // PGDMP, major, minor
      await writeFile(snapshot.document.path, bytes);
      await expect(
        bench.engine.checkRestorable(restoreRequest(await withManifest(snapshot, {}))),
      ).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringMatching(/unsupported version/),
      });
    });

    it('a COMMIT whose answer is lost is asked about', async () => {
      const snapshot = await bench.capture(target);
      const restored = postgres.dump(DATABASE);
      postgres.sql(DATABASE, 'DELETE FROM items WHERE id % 2 = 0');
      const disturbed = postgres.dump(DATABASE);
      const endingAt = (program: string) => script('psql', `awk '${program}' | psql "$@"`);
      const restore = async () => {
        const psql = join(bench.folder, 'psql');
        return engineWith({ programs: { psql } }).restore(restoreRequest(snapshot));
      };
      await endingAt('$0 == "COMMIT;" { exit } { print; fflush() }');
      await expect(restore()).rejects.toBeInstanceOf(BackupError);
      expect(postgres.dump(DATABASE)).toBe(disturbed);
      await endingAt('{ print; fflush() } $0 == "COMMIT;" { exit }');
      await restore();
      expect(postgres.dump(DATABASE)).toBe(restored);
    });

    it('chosen tables are refused', async () => {
      const snapshot = await bench.capture(target);
      await expect(bench.restore(snapshot, { target, tables: ['items'] })).rejects.toMatchObject({
        code: 'UNSUPPORTED',
      });
    });

    it('the server ends the connection in the middle: the reason is told, the database is as before', async () => {
      const snapshot = await bench.capture(target);
      const before = postgres.dump(DATABASE);
      for (const task of ['capture', 'restore'] as const) {
        const holder = await holdLock();
        const job =
          task === 'capture' ? bench.engine.capture(captureRequest()) : bench.engine.restore(restoreRequest(snapshot));
        const outcome = job.catch((error: unknown) => error);
        await eventually(() => ofPrograms(`wait_event_type = 'Lock'`) !== '0');
        endPrograms();
        expect(await outcome).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
        await holder.release();
      }
      expect(postgres.dump(DATABASE)).toBe(before);
      expect(await unfinished()).toEqual([]);
    });

    it('an aborted capture ends pg_dump at once, even while it waits for a lock', async () => {
      const holder = await holdLock();
      const abort = new AbortController();
      const capture = bench.engine
        .capture(captureRequest({ ...target, busyTimeoutMs: 600_000 }), { signal: abort.signal })
        .catch((error: unknown) => error);
      await eventually(() => ofPrograms(`wait_event_type = 'Lock'`) !== '0');
      expect(programs().length).toBeGreaterThan(0);
      abort.abort();
      expect(await capture).toMatchObject({ code: 'CANCELLED' });
      await eventually(() => programs().length === 0);
      await holder.release();
    });

    it.each(some([150, 300, 450, 600, 750, 900, 1050, 1200], 4))(
      'kill -9 of the engine host %i ms into a restore: old or new, and no program is left',
      async (delay) => {
        const snapshot = await bench.capture(target);
        const restored = postgres.dump(DATABASE);
        postgres.sql(DATABASE, 'DELETE FROM items WHERE id % 2 = 0');
        const disturbed = postgres.dump(DATABASE);
        let pid = 0;
        const restore = bench.engine.restore(restoreRequest(snapshot), { onStart: (started) => void (pid = started) });
        const outcome = restore.then(
          () => null,
          (error: unknown) => error,
        );
        await pause(delay);
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // it has finished
        }
        const error = await outcome;
        if (error !== null) expect(error).toMatchObject({ code: 'ENGINE_FAILED' });
        await eventually(() => programs().length === 0);
        await eventually(() => ofPrograms('true') === '0');
        expect(error === null ? [restored] : [restored, disturbed]).toContain(postgres.dump(DATABASE));
        await bench.restore(snapshot, { target });
        expect(postgres.dump(DATABASE)).toBe(restored);
      },
    );

    it('runs the programs in a container, with the password in no argument', async () => {
      const calls = join(bench.folder, 'calls');
      // Everything after the container's name is run here, with the environment that docker would hand on.
      await fakeDocker(calls);
      const path = process.env['PATH'];
      process.env['PATH'] = `${bench.folder}:${path}`;
      try {
        const inContainer = await EngineBench.open(engineWith({ docker: { container: 'some-database' } }));
        const secret = { ...target, host: 'not.reachable.invalid', password: PASSWORD };
        const before = postgres.dump(DATABASE);
        const snapshot = await inContainer.capture(secret);
        postgres.sql(DATABASE, 'DELETE FROM items');
        await inContainer.restore(snapshot, { target: secret });
        expect(postgres.dump(DATABASE)).toBe(before);
        await inContainer.close();
      } finally {
        process.env['PATH'] = path;
      }
      const lines = (await readFile(calls, 'utf8')).split('\n').filter((line) => line.startsWith('exec -i'));
      expect(
        lines.filter((line) => /pg_dump --format=custom/.test(line) || /psql/.test(line)).length,
      ).toBeGreaterThanOrEqual(3);
      for (const line of lines)
        expect(line).toMatch(/^exec -i -e PGOPTIONS -e PGCLIENTENCODING (-e PGPASSWORD )?some-database /);
      expect(lines.join('\n')).not.toContain('secret');
    });

    it('an aborted capture ends pg_dump in its container, where only its input tells it so', async () => {
      await fakeDocker(join(bench.folder, 'calls'));
      const path = process.env['PATH'];
      process.env['PATH'] = `${bench.folder}:${path}`;
      const holder = await holdLock();
      try {
        const abort = new AbortController();
        const engine = engineWith({ docker: { container: 'some-database' } });
        const capture = engine
          .capture(captureRequest({ ...target, busyTimeoutMs: 600_000 }), { signal: abort.signal })
          .catch((error: unknown) => error);
        await eventually(() => ofPrograms(`wait_event_type = 'Lock'`) !== '0');
        expect(programs().length).toBeGreaterThan(0);
        abort.abort();
        expect(await capture).toMatchObject({ code: 'CANCELLED' });
        await eventually(() => programs().length === 0);
      } finally {
        process.env['PATH'] = path;
        await holder.release();
      }
    });

    it('says that docker is missing where it is', async () => {
      const path = process.env['PATH'];
      const empty = join(bench.folder, 'empty');
      await mkdir(empty);
      await writeFile(join(empty, 'sh'), '#!/bin/sh\nexec /bin/sh "$@"\n', { mode: 0o755 });
      process.env['PATH'] = empty;
      try {
        const capture = engineWith({ docker: { container: 'x' } }).capture(captureRequest());
        await expect(capture).rejects.toMatchObject({
          code: 'UNSUPPORTED',
          message: expect.stringMatching(/"docker", which runs .* was not found/),
        });
      } finally {
        process.env['PATH'] = path;
      }
    });
  });
});

/** Another connection that locks the one table until it is released. */
async function holdLock(): Promise<{ release: () => Promise<void> }> {
  const { host, port, user, password } = target;
  const table = postgres.sql(DATABASE, `SELECT relname FROM pg_class WHERE relname IN ('items', 'posts')`);
  const env = {
    ...process.env,
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGAPPNAME: 'holder',
  };
  const holder = spawn('psql', ['-Xq', DATABASE], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(holder, 'exit');
  holder.stdin.write(`BEGIN; LOCK TABLE ${table}; SELECT 'locked';\n`);
  await once(holder.stdout, 'data');
  return {
    release: async () => {
      holder.stdin.end();
      await exited;
    },
  };
}
