import { cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isSchemaStatement as isOfMysql } from '../../src/backup/engines/dialects/mysql/mysql.statement-kinds.js';
import { statementOf } from '../../src/backup/engines/dialects/postgres/postgres.statement-head.js';
import { isSchemaStatement as isOfPostgres } from '../../src/backup/engines/dialects/postgres/postgres.statement-kinds.js';
import { isSchemaStatement as isOfSqlite } from '../../src/backup/engines/dialects/sqlite/sqlite.statement-kinds.js';
import { nativeRestoreTask } from '../../src/backup/engines/native/native.tasks.js';
import { serialiseManifest, type DatabaseManifest } from '../../src/backup/model/manifest.js';
import { CliBench, type CliAnswer } from '../support/cli-bench.js';
import { quiet } from '../support/inline-tasks.js';
import { mysql, postgres } from '../support/native-servers.js';
import { hasPostgres, PostgresBench } from '../support/postgres-bench.js';

async function readManifest(path: string): Promise<DatabaseManifest> {
  const { manifest_sha256: _own, ...manifest } = JSON.parse(await readFile(path, 'utf8')) as DatabaseManifest & {
    manifest_sha256?: string;
  };
  return manifest;
}

/** As whoever can write to the folder does it: with a matching checksum. */
async function forge(path: string, statements: string[]): Promise<void> {
  const manifest = await readManifest(path);
  const ddl = [...manifest.schema.ddl, ...statements];
  await writeFile(path, serialiseManifest({ ...manifest, schema: { ...manifest.schema, ddl } }));
}

describe('a snapshot of a SQLite database', () => {
  let bench: CliBench;
  let id: string;

  beforeEach(async () => {
    bench = await CliBench.open();
    bench.sql(`CREATE INDEX by_amount ON orders (amount) WHERE amount > 1; CREATE VIEW w AS SELECT * FROM users;
      CREATE TRIGGER g AFTER INSERT ON orders BEGIN UPDATE users SET email = email; DELETE FROM orders WHERE id < 0; END;
      CREATE VIRTUAL TABLE texts USING fts5(a); INSERT INTO texts VALUES ('b')`);
    id = await bench.create();
  });
  afterEach(() => bench.close());

  const manifestPath = () => bench.path('backups', `${id}.meta.json`);
  const into = (name: string, ...options: string[]): Promise<CliAnswer> =>
    bench.run(['restore', 'newest', '--to', `sqlite:${bench.path(name)}`, '--yes', ...options]);

  it('is signed with a key beside the settings, which is nowhere in the backup folder', async () => {
    const key = bench.path('backup_config.key');
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    const text = (await readFile(key, 'utf8')).trim();
    expect(text).toMatch(/^[0-9a-f]{64}$/);
    expect(await readManifest(manifestPath())).toHaveProperty('origin_hmac', expect.stringMatching(/^[0-9a-f]{64}$/));
    expect(existsSync(bench.path('backups', 'backup_config.key'))).toBe(false);
    const another = await bench.create();
    expect((await readFile(key, 'utf8')).trim()).toBe(text);
    expect(another).not.toBe(id);
  });

  it('holds statements of known kinds only', async () => {
    const { ddl } = (await readManifest(manifestPath())).schema;
    expect(ddl.length).toBeGreaterThan(8);
    expect(ddl.filter((sql) => !isOfSqlite(sql))).toEqual([]);
  });

  it('needs no confirmation, whether the key is there, lost or that of another installation', async () => {
    expect(await into('own.sqlite')).toMatchObject({ code: 0 });
    await writeFile(bench.path('backup_config.key'), `${'0'.repeat(64)}\n`);
    expect(await into('another.sqlite')).toMatchObject({ code: 0 });
    await rm(bench.path('backup_config.key'));
    expect(await into('lost.sqlite')).toMatchObject({ code: 0 });
    expect(bench.table('users', bench.path('lost.sqlite'))).toEqual(bench.table('users'));
  });

  it('that somebody added a statement of another kind to is refused with it, until that is confirmed', async () => {
    await forge(manifestPath(), ['CREATE TABLE more AS SELECT * FROM users']);
    for (const options of [[], ['--no-verify']]) {
      const { code, err } = await into('new.sqlite', ...options);
      expect({ code, err }).toMatchObject({ code: 5, err: expect.stringContaining('--trust-schema') as unknown });
      expect(err).toContain('CREATE TABLE more AS SELECT * FROM users');
      expect(existsSync(bench.path('new.sqlite'))).toBe(false);
    }
    expect(await bench.ok('show', id, '--ddl')).toContain('CREATE TABLE more AS SELECT * FROM users;');
    expect((await into('new.sqlite', '--trust-schema')).err).not.toContain('not known to be taken');
  });

  it('is restored in place without its statements being asked for: none of them runs', async () => {
    await forge(manifestPath(), ['CREATE TABLE more AS SELECT * FROM users']);
    const { err } = await bench.run(['restore', 'newest', '--yes']);
    expect(err).not.toContain('trust-schema');
  });

  it.each([`ATTACH '/tmp/x' AS y`, 'PRAGMA writable_schema = on', `SELECT load_extension('x')`, 'DROP TABLE users'])(
    'cannot bring in %s',
    async (statement) => {
      await forge(manifestPath(), [statement]);
      expect((await into('new.sqlite', '--trust-schema', '--no-verify')).code).not.toBe(0);
      expect((await bench.run(['verify', id])).code).toBe(4);
    },
  );
});

describe.skipIf(!hasPostgres)('a snapshot of a PostgreSQL database', () => {
  let bench: CliBench;
  let from: PostgresBench;
  let to: PostgresBench;
  let env: NodeJS.ProcessEnv;
  let role: string;

  beforeAll(async () => {
    bench = new CliBench(await mkdtemp(join(tmpdir(), 'foreign-')));
    [from, to] = [await PostgresBench.open(), await PostgresBench.open()];
    role = `${to.database}_owner`;
    await to.onServer(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`, `ALTER DATABASE ${to.database} OWNER TO ${role}`);
    await from.execute(`CREATE TABLE people (id serial PRIMARY KEY, name text); INSERT INTO people (name) VALUES ('Ada');
      CREATE FUNCTION folded(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN pg_catalog.lower($1); END $$;
      CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
      CREATE TRIGGER noted BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION noted()`);
    env = { ...bench.env, DATABASE_URL: from.url, PGPASSWORD: 'secret' };
    expect(await bench.run(['create'], env)).toMatchObject({ code: 0 });
    await from.execute('CREATE INDEX people_folded ON people (folded(name))');
    expect(await bench.run(['create'], env)).toMatchObject({ code: 0 });
  });
  afterAll(async () => {
    await to.empty();
    await to.onServer(`ALTER DATABASE ${to.database} OWNER TO CURRENT_USER`, `DROP ROLE ${role}`);
    await Promise.all([from.close(), to.close()]);
    await bench.close();
  });

  /** A copy of the folder, as if it came from elsewhere: the key stays behind. */
  async function elsewhere(change: (manifests: string[]) => Promise<void> = () => Promise.resolve()): Promise<string> {
    const folder = bench.path(`copy-${Math.random().toString(36).slice(2)}`);
    await cp(bench.path('backups'), folder, { recursive: true });
    const listed = JSON.parse((await bench.run(['list', '--dir', folder, '--json'], env)).out) as {
      items: { id: string }[];
    };
    await change(listed.items.map(({ id }) => join(folder, `${id}.meta.json`)));
    return folder;
  }

  /** The newest, or the first without the index, into the empty database; as its owner or as the administrator of the server. */
  async function restore(
    folder: string,
    which: 'newest' | 'first',
    as: 'owner' | 'administrator',
    ...options: string[]
  ) {
    await to.empty();
    if (as === 'owner') await to.onServer(`ALTER DATABASE ${to.database} OWNER TO ${role}`);
    const address = new URL(to.url);
    if (as === 'owner') Object.assign(address, { username: role, password: '' });
    const { items } = JSON.parse((await bench.run(['list', '--dir', folder, '--json'], env)).out) as {
      items: { id: string }[];
    };
    const id = which === 'newest' ? items[0]!.id : items.at(-1)!.id;
    const call = ['restore', `${folder}/`, id, '--to', address.href, '--yes', ...options];
    return bench.run(call, { ...env, BACKUP_CONFIG_FILE: bench.path('elsewhere', 'backup_config.json') });
  }

  it.each([
    ['a program', (file: string) => `COPY (SELECT 1) TO PROGRAM 'touch ${file}'`],
    ['a role', () => 'CREATE ROLE nestjs_backup_evil SUPERUSER'],
    ['a block', (file: string) => `DO $$ BEGIN COPY (SELECT 1) TO PROGRAM 'touch ${file}'; END $$`],
    ['a second statement', () => 'CREATE TABLE public.x (a integer); CREATE ROLE nestjs_backup_evil SUPERUSER'],
    ['an untrusted language', () => `CREATE FUNCTION x() RETURNS int LANGUAGE internal AS 'int4pl'`],
  ])('with %s in it is refused with that statement, by whatever way', async (_what, statementFor) => {
    const file = bench.path('touched');
    const statement = statementFor(file);
    const folder = await elsewhere(async (paths) => {
      for (const path of paths) await forge(path, [statement]);
    });
    for (const options of statement.startsWith('COPY') ? [[], ['--no-verify', '--allow-schema-changes']] : [[]]) {
      const { code, err } = await restore(folder, 'first', 'administrator', ...options);
      expect({ code, err }).toMatchObject({
        code: 5,
        err: expect.stringContaining(statement.slice(0, 100)) as unknown,
      });
    }
    expect(existsSync(file)).toBe(false);
    expect(await to.query(`SELECT 1 FROM pg_roles WHERE rolname = 'nestjs_backup_evil'`)).toEqual([]);
    expect(await to.query(`SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`)).toEqual([['0']]);
  });

  it('with functions and triggers comes back without a question', async () => {
    const folder = await elsewhere();
    expect(await restore(folder, 'first', 'administrator')).toMatchObject({ code: 0 });
    expect(await to.query('SELECT name FROM people')).toEqual([['Ada']]);
  });

  it("that calls its functions while it is restored is not lent an administrator's rights, unless somebody says so", async () => {
    const folder = await elsewhere();
    const refused = await restore(folder, 'newest', 'administrator');
    expect(refused).toMatchObject({ code: 5, err: expect.stringContaining('people_folded') as unknown });
    expect(await restore(folder, 'newest', 'owner')).toMatchObject({ code: 0 });
    expect(await to.query('SELECT name FROM people WHERE folded(name) = $$ada$$')).toEqual([['Ada']]);
    expect(await restore(folder, 'newest', 'administrator', '--trust-schema')).toMatchObject({ code: 0 });
  });

  it('of its own an administrator restores as it is', async () => {
    await to.empty();
    const call = ['restore', 'newest', '--to', to.url, '--yes'];
    expect(await bench.run(call, env)).toMatchObject({ code: 0 });
    expect(await to.query('SELECT count(*) FROM people')).toEqual([['1']]);
  });

  it('holds statements of known kinds only', async () => {
    await from.execute(`CREATE SCHEMA "Odd; name"; CREATE TYPE mood AS ENUM ('a''b', 'c;'); CREATE TYPE pair AS (a int, b text);
      CREATE TYPE floats AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi); CREATE DOMAIN mail AS text DEFAULT 'x' NOT NULL CHECK (VALUE <> ';');
      CREATE TABLE "Odd; name"."t; --" (id bigint GENERATED BY DEFAULT AS IDENTITY (START 5), m mood[], p pair, d mail, e text DEFAULT E'a\\\\b''c',
        twice bigint GENERATED ALWAYS AS (id * 2) STORED, CONSTRAINT "c;" CHECK (id > 0), UNIQUE (id), EXCLUDE USING btree (id WITH =)) WITH (fillfactor = 70);
      ALTER TABLE "Odd; name"."t; --" ADD PRIMARY KEY (id);
      CREATE TABLE parted (at date, n int) PARTITION BY RANGE (at); CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
      CREATE TABLE inheriting (more int) INHERITS (people); CREATE UNLOGGED TABLE loose (a int REFERENCES people DEFERRABLE INITIALLY DEFERRED);
      CREATE SEQUENCE alone AS smallint CYCLE; CREATE INDEX ON parted (n) INCLUDE (at) WHERE n > 0;
      CREATE VIEW seen WITH (security_barrier) AS WITH x AS (SELECT 1) SELECT p.name, x.* FROM people p, x; CREATE MATERIALIZED VIEW kept AS SELECT name FROM people;
      CREATE UNIQUE INDEX kept_name ON kept (name); CREATE RULE r AS ON INSERT TO loose DO ALSO (SELECT 1; SELECT 2); ALTER TABLE people DISABLE TRIGGER noted;
      CREATE FUNCTION atomic(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT a; SELECT a + 1; END; CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN END';
      ALTER TABLE people ENABLE ROW LEVEL SECURITY; ALTER TABLE people FORCE ROW LEVEL SECURITY; CREATE POLICY pol ON people FOR UPDATE TO PUBLIC USING (id > 0) WITH CHECK (true);
      CREATE STATISTICS st (mcv) ON id, name FROM people; COMMENT ON COLUMN people.name IS E'it''s; -- \\\\ /*'; COMMENT ON CONSTRAINT "c;" ON "Odd; name"."t; --" IS 'k';
      COMMENT ON FUNCTION atomic(int) IS 'f'; COMMENT ON TYPE pair IS 't'; COMMENT ON SCHEMA "Odd; name" IS 's';
      CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int); CREATE COLLATION german (provider = icu, locale = 'de')`);
    const { ddl } = (await from.capture()).manifest.schema;
    expect(ddl.length).toBeGreaterThan(40);
    expect(ddl.map((text) => statementOf(text).sql).filter((sql) => !isOfPostgres(sql))).toEqual([]);
  });

  it.each([
    ['pg_dump', postgres.target('x'), '.dump'],
    ['mariadb-dump', mysql.target('x'), '.sql.gz'],
  ])(
    'in the form of %s that was taken elsewhere is a script, and refused before anything is read',
    async (_program, database, ending) => {
      const { manifest, document } = await from.capture();
      const native = {
        ...manifest,
        engine: 'native',
        filename: `${manifest.id}${ending}`,
        database: { ...manifest.database, type: database.type },
      };
      const request = {
        database,
        snapshot: { manifest: native, document, base: null },
        tables: null,
        allowSchemaChanges: true,
      };
      await expect(nativeRestoreTask({ ...request, foreign: true, options: {} }, quiet())).rejects.toMatchObject({
        code: 'SCHEMA_NOT_TRUSTED',
        message: expect.stringContaining('script of SQL') as unknown,
      });
    },
  );
});

describe.skipIf(!mysql.isThere())('a snapshot of a MariaDB database', () => {
  it('holds statements of known kinds only', async () => {
    const { MysqlBench } = await import('../support/mysql-bench.js');
    const bench = await MysqlBench.open();
    try {
      await bench.exec(`CREATE TABLE \`a;b\` (id int AUTO_INCREMENT PRIMARY KEY, n varchar(9) DEFAULT 'it''s; --' COMMENT 'SELECT 1', g int AS (length(n)) STORED, CHECK (n <> ';')) COMMENT='AS SELECT' AUTO_INCREMENT=7;
        CREATE TABLE parted (id int) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE);
        CREATE VIEW v AS SELECT id FROM \`a;b\`; CREATE FUNCTION f(a int) RETURNS int DETERMINISTIC RETURN a + 1;
        CREATE PROCEDURE p() DELETE FROM parted; CREATE TRIGGER g BEFORE INSERT ON parted FOR EACH ROW SET NEW.id = NEW.id + 1`);
      const { ddl } = (await bench.capture()).manifest.schema;
      expect(ddl.length).toBeGreaterThan(5);
      expect(ddl.filter((sql) => !isOfMysql(sql))).toEqual([]);
    } finally {
      await bench.close();
    }
  });
});
