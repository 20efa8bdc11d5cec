import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ServerTarget } from '../../src/backup/engines/database-target.js';
import { EngineHost } from '../../src/backup/engines/engine-host.js';
import { JsonEngine } from '../../src/backup/engines/json/json.engine.js';
import { commit } from '../../src/backup/engines/dialects/postgres/postgres.commit.js';
import { PostgresConnection } from '../../src/backup/engines/dialects/postgres/postgres.connection.js';
import type { CaptureRequest } from '../../src/backup/engines/database.engine.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { BackupError } from '../../src/backup/model/errors.js';
import { isProcessAlive } from '../../src/backup/system/temporary-file.js';
import { useChildren } from '../support/inline-tasks.js';
import { hasPostgres, PostgresBench } from '../support/postgres-bench.js';
import { rounds } from '../support/rounds.js';

const OURS = `application_name = 'nestjs-backup' AND datname = current_database()`;

describe.skipIf(!hasPostgres)('with a PostgreSQL database', () => {
  let bench: PostgresBench;

  beforeEach(async () => {
    bench = await PostgresBench.open();
  });
  afterEach(() => bench.close());

  const captureRequest = (): CaptureRequest => ({
    database: bench.target,
    id: 'x',
    createdAt: '2026-01-30T12:00:00.000Z',
    documentPath: join(bench.folder, 'x.json'),
    indexPath: join(bench.folder, 'x.index'),
    base: 'requested',
    previous: null,
  });

  const leftBehind = async () => (await readdir(bench.folder)).filter((name) => name.endsWith('.tmp'));

  describe('that cannot be used', () => {
    const SCHEMA = 'CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, $$a$$), (2, $$b$$)';

    it.each<[string, Partial<ServerTarget>, RegExp]>([
      ['nobody listens', { port: 1 }, /cannot be opened: .*ECONNREFUSED.*Check its address/],
      ['no such host', { host: 'no-such-host.invalid' }, /cannot be opened/],
      ['no such database', { database: 'no_such_database' }, /"no_such_database".*does not exist/],
      ['no such role', { user: 'no_such_role', password: 's3cret' }, /no_such_role/],
    ])('%s: both directions say what is wrong', async (_what, target, message) => {
      await bench.execute(SCHEMA);
      const snapshot = await bench.capture();
      for (const attempt of [bench.capture(target), bench.restore(snapshot, { target })]) {
        const error = (await attempt.catch((reason: unknown) => reason)) as BackupError;
        expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', message: expect.stringMatching(message) });
        expect(JSON.stringify({ ...error, stack: error.stack })).not.toContain('s3cret');
      }
      expect(await leftBehind()).toEqual([]);
    });

    it('locked by another connection: it says so, and works later', async () => {
      await bench.execute(SCHEMA);
      const snapshot = await bench.capture();
      const holder = await bench.connect();
      await holder.query('BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE');
      const impatient = { busyTimeoutMs: 150 };
      await expect(bench.capture(impatient)).rejects.toMatchObject({
        code: 'DATABASE_LOCKED',
        message: expect.stringMatching(/0\.15 s/),
      });
      await expect(bench.restore(snapshot, { target: impatient })).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
      await holder.query('ROLLBACK; BEGIN; SELECT * FROM t');
      await bench.capture(impatient);
      await expect(bench.restore(snapshot, { target: impatient })).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
      await holder.query('COMMIT');
      await bench.restore(snapshot, { target: impatient });
    });

    it('with large objects: it says what to do', async () => {
      await bench.execute(`${SCHEMA}; SELECT lo_create(0)`);
      await expect(bench.capture()).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringMatching(/native engine/),
      });
    });

    it('with text in no known encoding: it says so', async () => {
      const ascii = await PostgresBench.open(
        undefined,
        `ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
      );
      await expect(ascii.capture()).rejects.toMatchObject({ code: 'UNSUPPORTED' });
      await ascii.close();
    });

    it('in another encoding: it comes back as it was', async () => {
      const latin = await PostgresBench.open(
        undefined,
        `ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
      );
      await latin.execute(`CREATE TABLE t ("größe" text, j jsonb); INSERT INTO t VALUES ('äöü ß', '{"ä": "ö"}')`);
      const dump = latin.dump('latin1');
      const snapshot = await latin.capture();
      await latin.execute('DELETE FROM t');
      await latin.restore(snapshot);
      expect(latin.dump('latin1')).toBe(dump);
      await latin.close();
    });
  });

  describe('and a role', () => {
    let role: string;
    beforeEach(async () => {
      role = `role_${bench.database}`;
      await bench.onServer(`CREATE ROLE ${role} LOGIN PASSWORD 's3cret'`);
    });
    afterEach(async () => {
      await bench.execute(`DROP OWNED BY ${role} CASCADE`);
      await bench.onServer(`DROP ROLE ${role}`);
    });

    it('that owns the tables and nothing else, everything works', async () => {
      await bench.execute(`GRANT CREATE ON SCHEMA public TO ${role}; SET ROLE ${role};
        CREATE TABLE users (id serial PRIMARY KEY, boss integer REFERENCES users, team integer); CREATE TABLE teams (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lead integer REFERENCES users);
        ALTER TABLE users ADD FOREIGN KEY (team) REFERENCES teams; CREATE TABLE log (t text); CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES ('x'); RETURN new; END $$;
        CREATE TRIGGER noted AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION note(); CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM users;
        INSERT INTO teams (lead) VALUES (NULL); INSERT INTO users (boss, team) VALUES (1, 1), (1, 1); UPDATE teams SET lead = 2; DELETE FROM log`);
      const before = bench.dump();
      const snapshot = await bench.capture({ user: role });
      expect(bench.lastCapture.state).not.toBeNull();
      await bench.execute('UPDATE teams SET lead = NULL; DELETE FROM users; DELETE FROM teams');
      expect((await bench.restore(snapshot, { target: { user: role } })).warnings).toEqual([]);
      expect(bench.dump()).toBe(before);
    });

    it('that may not read everything, the capture fails and says which table', async () => {
      await bench.execute('CREATE TABLE t (a integer)');
      await expect(bench.capture({ user: role })).rejects.toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
        message: expect.stringMatching(/lacks a right.*permission denied for table t/),
      });
    });

    it('that row-level security shows fewer rows, the capture fails rather than miss some', async () => {
      await bench.execute(`CREATE TABLE t (a integer, owner text); INSERT INTO t VALUES (1, '${role}'), (2, 'x'); GRANT SELECT ON t TO ${role};
        ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON t USING (owner = current_user)`);
      await expect(bench.capture({ user: role })).rejects.toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
        message: expect.stringMatching(/row-level security/),
      });
    });

    it('that may read but does not own, the restore fails and changes nothing', async () => {
      await bench.execute(
        `CREATE TABLE t (a integer); INSERT INTO t VALUES (1); GRANT ALL ON t TO ${role}; CREATE TABLE u (a integer PRIMARY KEY, b integer REFERENCES u); GRANT ALL ON u TO ${role}`,
      );
      const snapshot = await bench.capture({ user: role });
      const before = bench.dump();
      await expect(bench.restore(snapshot, { target: { user: role } })).rejects.toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
        message: expect.stringMatching(/must own/),
      });
      expect(bench.dump()).toBe(before);
    });
  });

  describe('that others change meanwhile', () => {
    it('a capture never sees a table that was emptied, or rewritten, after its moment', async () => {
      await bench.execute(
        `CREATE TABLE a_first (v integer); CREATE TABLE z_last (v integer); INSERT INTO a_first SELECT 1; INSERT INTO z_last SELECT generate_series(1, 100)`,
      );
      const writer = await bench.connect();
      let running = true;
      const writing = (async () => {
        while (running)
          for (const sql of [
            `BEGIN; TRUNCATE z_last; UPDATE a_first SET v = 0; COMMIT`,
            `BEGIN; INSERT INTO z_last SELECT generate_series(1, 100); UPDATE a_first SET v = 1; COMMIT`,
            'ALTER TABLE z_last ALTER v TYPE integer USING v::bigint::integer',
          ])
            await writer.query(sql);
      })();
      const seen = new Set<string>();
      for (let n = 0; n < 40; n++) {
        const { document, manifest } = await bench.capture();
        const { tables } = JSON.parse(await readFile(document.path, 'utf8')) as {
          tables: Record<string, { rows: { v: number }[] }>;
        };
        expect(tables['z_last']!.rows).toHaveLength(tables['a_first']!.rows[0]!.v * 100);
        seen.add(manifest.checksum);
      }
      running = false;
      await writing;
      expect(seen.size).toBeGreaterThan(1);
    });

    it('tables come and go: a capture is of some moment, or says that it cannot be', async () => {
      const writer = await bench.connect();
      let running = true;
      const writing = (async () => {
        for (let n = 0; running; n++) {
          await writer.query(`CREATE TABLE t${n} AS SELECT ${n} AS n`);
          if (n > 3) await writer.query(`DROP TABLE t${n - 4}`);
        }
      })();
      for (let n = 0; n < 10; n++) {
        const taken = await bench.capture().catch((error: BackupError) => error);
        if (taken instanceof BackupError) expect(taken.code).toBe('DATABASE_LOCKED');
        else
          expect(Object.values(taken.manifest.tables).filter(({ rows }) => rows === 1).length).toBeLessThanOrEqual(5);
      }
      running = false;
      await writing;
    });
  });

  describe('that goes away', () => {
    useChildren();

    const ROWS = 60_000;
    let snapshot: StoredSnapshot;
    let restored: string;
    let disturbed: string;

    /** In its own process, where a thread writes. */
    beforeEach(async () => {
      await bench.close();
      bench = await PostgresBench.open(new JsonEngine(new EngineHost()));
      await bench.script(`CREATE TABLE items (id integer PRIMARY KEY, name text UNIQUE, body text); CREATE TABLE other (id integer REFERENCES items);
        INSERT INTO items SELECT i, 'name ' || i, repeat('x', 200) FROM generate_series(1, ${ROWS}) AS i; INSERT INTO other VALUES (1), (2);`);
      restored = bench.dump();
      snapshot = await bench.capture();
      await bench.script('DELETE FROM items WHERE id % 2 = 0 AND id > 2;');
      disturbed = bench.dump();
    });

    /** Ends our connection once the server shows that it is busy with this. */
    async function terminateDuring(query: string): Promise<number> {
      const killer = await bench.connect();
      for (;;) {
        const { rowCount } = await killer.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${OURS} AND query LIKE $1 AND pid <> pg_backend_pid()`,
          [query],
        );
        if (rowCount) return rowCount;
      }
    }

    it.each(['LOCK TABLE%', 'COPY (SELECT%'])(
      'a capture fails with the reason, and leaves nothing (%s)',
      async (query) => {
        const holder = await bench.connect();
        if (query.startsWith('LOCK')) await holder.query('BEGIN; LOCK TABLE items IN ACCESS EXCLUSIVE MODE');
        const failing = expect(bench.capture()).rejects.toMatchObject({
          code: 'DATABASE_UNAVAILABLE',
          message: expect.stringMatching(/connection .* was lost/),
        });
        await terminateDuring(query);
        await failing;
        expect(await leftBehind()).toEqual([]);
      },
    );

    it.each(['TRUNCATE%', 'COPY "public"."items"%', '%ADD CONSTRAINT%', 'COPY (SELECT%'])(
      'a restore fails with the reason, and the database is as it was (%s)',
      async (query) => {
        const outcome = bench.restore(snapshot).catch((error: unknown) => error);
        const killed = await Promise.race([terminateDuring(query), outcome.then(() => 0)]);
        const error = await outcome;
        if (killed === 0) return expect(bench.dump() === restored).toBe(true); // it was faster
        expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
        expect(bench.dump() === disturbed).toBe(true);
        await bench.restore(snapshot);
        expect(bench.dump() === restored).toBe(true);
      },
    );

    it('its own process killed just before the commit: nothing is half done', async () => {
      let pid = 0;
      const run = {
        onStart: (started: number) => void (pid = started),
        onProgress: ({ stage }: { stage: string | null }) => void (stage === 'check' && process.kill(pid, 'SIGKILL')),
      };
      await expect(
        bench.engines.engine.restore(
          { database: bench.target, snapshot, tables: null, allowSchemaChanges: false },
          run,
        ),
      ).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: expect.stringMatching(/SIGKILL/) });
      expect(bench.dump() === disturbed).toBe(true);
    });

    it.each(['capture', 'restore'] as const)(
      'the process of a %s ends by itself, its work undone, when its application is killed',
      async (task) => {
        const application = startApplication(task);
        const exited = once(application, 'exit');
        const [pid] = (await once(application, 'message')) as [number];
        expect((await exited)[1]).toBe('SIGKILL');
        await expect.poll(() => isProcessAlive(pid)).toBe(false);
        expect(bench.dump() === disturbed).toBe(true);
      },
    );

    function startApplication(task: 'capture' | 'restore'): ChildProcess {
      const request =
        task === 'restore'
          ? { database: bench.target, snapshot, tables: null, allowSchemaChanges: false }
          : captureRequest();
      const engineHost = new URL('../../dist/backup/engines/engine-host.js', import.meta.url).href;
      const script = `import { EngineHost } from ${JSON.stringify(engineHost)};
        await new EngineHost().run(${JSON.stringify(`json.${task}`)}, ${JSON.stringify(request)}, {
          onStart: (pid) => process.send(pid),
          onProgress: ({ progress }) => progress > 0 && process.kill(process.pid, 'SIGKILL'),
        });
        setInterval(() => undefined, 1000);`;
      return spawn(process.execPath, ['--input-type=module', '--eval', script], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
    }
  });

  describe('whose answer to a commit is lost', () => {
    const begin = async () => {
      await bench.execute('CREATE TABLE t (a integer)');
      const connection = await PostgresConnection.open(bench.target);
      await connection.run('BEGIN', 'INSERT INTO t VALUES (1)');
      return connection;
    };
    const lost = () => Promise.reject(new Error('Connection terminated unexpectedly'));

    it('the server is asked, and knows that it was done', async () => {
      const connection = await begin();
      const run = connection.run.bind(connection);
      vi.spyOn(connection, 'run').mockImplementationOnce((statement) => run(statement).then(lost));
      await commit(connection, bench.target);
      expect(await bench.query('SELECT a FROM t')).toEqual([['1']]);
      await connection.close();
    });

    it('the server is asked, and knows that it was not', async () => {
      const connection = await begin();
      vi.spyOn(connection, 'run').mockImplementationOnce(() => connection.close().then(lost));
      await expect(commit(connection, bench.target)).rejects.toThrow(/terminated/);
      expect(await bench.query('SELECT a FROM t')).toEqual([]);
    });
  });

  describe('and a document that is damaged', () => {
    let snapshot: StoredSnapshot;
    let bytes: Buffer;
    let before: string;

    beforeEach(async () => {
      await bench.execute(`CREATE TABLE users (id serial PRIMARY KEY, email text, tags text[], boss integer REFERENCES users);
        CREATE TABLE bare (a numeric, j json); INSERT INTO users (email, tags, boss) VALUES (E'a"\\\\\\n', '{x,"y\\"",NULL}', 1), ('b', '{}', 1), ('c', NULL, 2);
        INSERT INTO bare VALUES (1.50, '{"a" : 1}'), (2, NULL), (2, NULL)`);
      snapshot = await bench.capture();
      bytes = await readFile(snapshot.document.path);
      await bench.execute(`DELETE FROM bare; UPDATE users SET email = 'other'; SELECT nextval('users_id_seq')`);
      before = bench.dump();
    });

    async function expectRefusal(damaged: Buffer): Promise<void> {
      await writeFile(snapshot.document.path, damaged);
      await expect(bench.restore(snapshot)).rejects.toSatisfy((error: BackupError) =>
        ['SNAPSHOT_CORRUPT', 'RESTORE_MISMATCH'].includes(error.code),
      );
    }

    it('cut off anywhere', async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(bytes.length - 1), (length) => expectRefusal(bytes.subarray(0, length))),
        { numRuns: rounds(15, 40), interruptAfterTimeLimit: 30_000 },
      );
      expect(bench.dump()).toBe(before);
    });

    it('with a bit flipped anywhere', async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (position, bit) => {
          const damaged = Buffer.from(bytes);
          damaged[position]! ^= 1 << bit;
          await expectRefusal(damaged);
        }),
        { numRuns: rounds(30, 100), interruptAfterTimeLimit: 40_000 },
      );
      expect(bench.dump()).toBe(before);
    });
  });
});
