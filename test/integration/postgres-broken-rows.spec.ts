import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineHost } from '../../src/backup/engines/engine-host.js';
import { NativeEngine } from '../../src/backup/engines/native/native.engine.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { hasPostgres, PostgresBench } from '../support/postgres-bench.js';

/** Checks that rows break: as old ones do that nobody checked, and as all do whose check answers differently today. */
const CHECKS = `
  CREATE TABLE people (id integer PRIMARY KEY, age integer); INSERT INTO people VALUES (1, -5), (2, 7);
  ALTER TABLE people ADD CONSTRAINT born CHECK (age >= 0) NOT VALID; COMMENT ON CONSTRAINT born ON people IS 'only new ones';
  ALTER TABLE people ADD CONSTRAINT small CHECK (age < 200);
  CREATE TABLE parent (v integer); CREATE TABLE child (w integer) INHERITS (parent); CREATE TABLE own (CONSTRAINT positive CHECK (v > 0)) INHERITS (parent);
  INSERT INTO parent VALUES (-1); INSERT INTO child VALUES (-2, 1); INSERT INTO own VALUES (3);
  ALTER TABLE parent ADD CONSTRAINT positive CHECK (v > 0) NOT VALID; ALTER TABLE parent ADD CONSTRAINT alone CHECK (v > 100) NO INHERIT NOT VALID;
  CREATE TABLE parted (k integer, v integer) PARTITION BY LIST (k); CREATE TABLE part_1 PARTITION OF parted FOR VALUES IN (1); CREATE TABLE part_2 PARTITION OF parted FOR VALUES IN (2);
  INSERT INTO parted VALUES (1, -1), (2, 2); ALTER TABLE parted ADD CONSTRAINT v_positive CHECK (v > 0) NOT VALID; ALTER TABLE part_2 VALIDATE CONSTRAINT v_positive;
  CREATE DOMAIN grade AS integer CONSTRAINT at_least CHECK (VALUE > 0); CREATE DOMAIN finer AS grade; CREATE TYPE pair AS (a grade, b text);
  CREATE TABLE graded (g grade, f finer, list grade[], p pair); INSERT INTO graded VALUES (99, 98, '{97,1}', '(96,x)');
  ALTER DOMAIN grade ADD CONSTRAINT at_most CHECK (VALUE < 10) NOT VALID; COMMENT ON CONSTRAINT at_most ON DOMAIN grade IS 'ten';`;
/** References that lead nowhere under keys that say they were checked. */
const REFERENCES = `
  CREATE TABLE a (id integer PRIMARY KEY, b integer); CREATE TABLE b (id integer PRIMARY KEY, a integer REFERENCES a, self integer REFERENCES b);
  ALTER TABLE a ADD CONSTRAINT a_to_b FOREIGN KEY (b) REFERENCES b ON DELETE CASCADE DEFERRABLE; COMMENT ON CONSTRAINT a_to_b ON a IS 'a circle';
  CREATE TABLE owners (id integer PRIMARY KEY); CREATE TABLE things (id integer, owner integer REFERENCES owners) PARTITION BY RANGE (id);
  CREATE TABLE things_1 PARTITION OF things FOR VALUES FROM (0) TO (10); CREATE TABLE things_2 PARTITION OF things DEFAULT;
  SET session_replication_role = replica;
  INSERT INTO a VALUES (1, 404); INSERT INTO b VALUES (1, 405, 406); INSERT INTO owners VALUES (1); INSERT INTO things VALUES (1, 1), (20, 407);
  RESET session_replication_role;`;
const DISTURB = `SET session_replication_role = replica; DELETE FROM a; UPDATE b SET a = 1; INSERT INTO owners VALUES (5); DELETE FROM things;`;

describe.skipIf(!hasPostgres)('rows that a PostgreSQL database should not hold, and does', () => {
  let bench: PostgresBench;

  beforeEach(async () => {
    bench = await PostgresBench.open();
  });
  afterEach(() => bench.close());

  it.each(['json', 'native'] as const)(
    'one key twice under a unique index is told with index and key, and what to do works: %s',
    async (kind) => {
      await bench.close();
      bench = await PostgresBench.open(kind === 'native' ? new NativeEngine(new EngineHost()) : undefined);
      // As a damaged index lets it happen.
      await bench.execute(`CREATE TABLE mails (id integer, mail text); CREATE UNIQUE INDEX one_mail ON mails (mail); INSERT INTO mails VALUES (1, 'a@b');
        SET allow_system_table_mods = on; UPDATE pg_index SET indisunique = false WHERE indexrelid = 'one_mail'::regclass`);
      await bench.execute(`INSERT INTO mails VALUES (2, 'a@b')`);
      await bench.execute(
        `SET allow_system_table_mods = on; UPDATE pg_index SET indisunique = true WHERE indexrelid = 'one_mail'::regclass`,
      );
      const snapshot = await bench.capture();
      await bench.execute('DELETE FROM mails WHERE id = 2');
      await expect(bench.restore(snapshot)).rejects.toMatchObject({
        code: 'CONSTRAINT_VIOLATION',
        message: expect.stringMatching(
          /"one_mail".*\(Key \(mail\)=\(a@b\).*Nothing was changed.*(?:drop it, restore|by hand)/,
        ),
      });
      if (kind === 'native') return; // it builds the index anew
      await bench.execute('DROP INDEX one_mail');
      await bench.restore(snapshot, { allowSchemaChanges: true });
      expect(await bench.query('SELECT id FROM mails ORDER BY id')).toEqual([['1'], ['2']]);
    },
  );

  it.each([
    ['checks', CHECKS, 'UPDATE people SET age = 1; DELETE FROM parent; DELETE FROM graded; UPDATE parted SET v = 5'],
    ['references', REFERENCES, DISTURB],
  ])('come back in place, with every constraint in its state: %s', async (_what, schema, change) => {
    await bench.execute(schema);
    const before = bench.dump();
    const snapshot = await bench.capture();
    await bench.execute(change);
    expect(await bench.restore(snapshot)).toMatchObject({ warnings: [], missing: [] });
    expect(bench.dump()).toBe(before);
  });

  it.each([
    ['checks', CHECKS],
    ['references', REFERENCES],
  ])('come back into an empty database: %s', async (_what, schema) => {
    await bench.execute(schema);
    const before = bench.dump();
    const snapshot = await bench.capture();
    await bench.empty();
    const outcome = await bench.restore(snapshot, { allowSchemaChanges: true });
    expect(outcome).toMatchObject({ warnings: [], missing: [] });
    expect(bench.dump()).toBe(before);
  });

  it('come back where constraints were validated since, which are so no longer', async () => {
    await bench.execute(CHECKS);
    const snapshot = await bench.capture();
    await bench.execute('UPDATE people SET age = 1; ALTER TABLE people VALIDATE CONSTRAINT born; ');
    const { warnings } = await bench.restore(snapshot);
    expect(warnings).toEqual([expect.stringMatching(/"?born"? of public.people, as they did/)]);
    expect(await bench.query('SELECT id, age FROM people')).toEqual([
      ['1', '-5'],
      ['2', '7'],
    ]);
  });

  it('come back where a check asks what changes, and say so', async () => {
    await bench.execute(`CREATE FUNCTION allowed(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true'; CREATE TABLE t (a integer CHECK (allowed(a))); INSERT INTO t VALUES (1);
      CREATE TABLE later (at timestamptz CHECK (at > now() - interval '1 hour')); INSERT INTO later VALUES (now());
      ALTER TABLE later DROP CONSTRAINT later_at_check; UPDATE later SET at = '2020-01-01'; ALTER TABLE later ADD CHECK (at > now() - interval '1 hour') NOT VALID;
      CREATE OR REPLACE FUNCTION allowed(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 1'`);
    const snapshot = await bench.capture();
    await bench.execute('DELETE FROM t; DELETE FROM later');
    const { warnings } = await bench.restore(snapshot);
    expect(warnings).toEqual([expect.stringMatching(/t_a_check of public.t, as they did/)]);
    expect(await bench.query('SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM later)')).toEqual([['1', '1']]);
  });

  it('are refused where another constraint is there now than the snapshot knows', async () => {
    await bench.execute(`${REFERENCES} ${CHECKS}`);
    const snapshot = await bench.capture();
    for (const change of [
      'ALTER TABLE a DROP CONSTRAINT a_to_b; UPDATE a SET b = NULL; ALTER TABLE a ADD CONSTRAINT a_to_b FOREIGN KEY (b) REFERENCES b',
      'UPDATE people SET age = 1; ALTER TABLE people ADD CHECK (age > -1)',
    ]) {
      await bench.execute(`SET session_replication_role = replica; ${change}`);
      const before = bench.dump();
      await expect(bench.restore(snapshot)).rejects.toMatchObject({ code: 'CONSTRAINT_VIOLATION' });
      expect(bench.dump()).toBe(before);
    }
  });

  it('do not come back as INVALID unique indexes, which pg_dump leaves out too', async () => {
    await bench.execute('CREATE TABLE twice (a integer); INSERT INTO twice VALUES (1), (1)');
    await expect(bench.execute('CREATE UNIQUE INDEX CONCURRENTLY failed ON twice (a)')).rejects.toThrow(/unique index/);
    const before = bench.dump();
    const snapshot = await bench.capture();
    await bench.execute('DELETE FROM twice');
    const { warnings } = await bench.restore(snapshot);
    expect(warnings).toEqual([expect.stringMatching(/index "public"."failed"/)]);
    expect(bench.dump()).toBe(before);
    await bench.empty();
    expect(await bench.restore(snapshot, { allowSchemaChanges: true })).toMatchObject({ warnings: [], missing: [] });
    expect(bench.dump()).toBe(before);
  });

  describe('by a role that owns the tables and nothing else', () => {
    let role: string;
    const asOwner = (snapshot: StoredSnapshot) =>
      bench.restore(snapshot, { target: { user: role, password: 'secret' } });

    beforeEach(async () => {
      role = `${bench.database}_owner`;
      await bench.onServer(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    });
    afterEach(async () => {
      await bench.execute(`REASSIGN OWNED BY ${role} TO CURRENT_USER`);
      await bench.onServer(`DROP ROLE ${role}`);
    });
    const owned = `DO $$ DECLARE o record; BEGIN
      FOR o IN SELECT oid::regclass AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') LOOP EXECUTE format('ALTER TABLE %s OWNER TO %I', o.name, 'ROLE'); END LOOP;
      FOR o IN SELECT typname AS name FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'd' LOOP EXECUTE format('ALTER DOMAIN %I OWNER TO %I', o.name, 'ROLE'); END LOOP; END $$;`;

    it('come back under checks in their state', async () => {
      await bench.execute(CHECKS + owned.replaceAll('ROLE', role));
      const before = bench.dump();
      const snapshot = await bench.capture();
      await bench.execute('TRUNCATE people, parent, child, own, parted, graded');
      expect(await asOwner(snapshot)).toMatchObject({ warnings: [], missing: [] });
      expect(bench.dump()).toBe(before);
    });

    it('come back under keys that then say what they are', async () => {
      await bench.execute(
        REFERENCES.replace(/CREATE TABLE owners[^]*?DEFAULT;/, '').replace(/INSERT INTO owners[^]*?\(20, 407\);/, '') +
          owned.replaceAll('ROLE', role),
      );
      const snapshot = await bench.capture();
      await bench.execute('TRUNCATE a, b');
      const { warnings } = await asOwner(snapshot);
      expect(warnings).toHaveLength(3);
      expect(warnings[0]).toMatch(/refer to rows that are not there.* is NOT VALID now/);
      expect((await bench.capture()).manifest.tables).toEqual(snapshot.manifest.tables);
      expect(await bench.query('SELECT id, b FROM a')).toEqual([['1', '404']]);
    });
  });
});
