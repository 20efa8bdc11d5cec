import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineHost } from '../../src/backup/engines/engine-host.js';
import { NativeEngine } from '../../src/backup/engines/native/native.engine.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { HOSTILE_POSTGRES } from '../support/hostile-settings.js';
import { hasPostgres, PostgresBench } from '../support/postgres-bench.js';

describe.skipIf(!hasPostgres)('functions whose bodies name things without their schema', () => {
  let bench: PostgresBench;
  beforeEach(async () => {
    bench = await PostgresBench.open();
  });
  afterEach(() => bench.close());

  /** As people write `f_unaccent` over the extension `unaccent`; an inlined SQL function is resolved by the planner, wherever an index, a CHECK or a generated column has it. */
  const SCHEMA = `
    CREATE FUNCTION plain(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN translate($1, 'éü', 'eu'); END $$;
    CREATE FUNCTION f_plain(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT plain($1) $$;
    CREATE FUNCTION is_short(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT length(plain($1)) < 20 $$;
    CREATE DOMAIN short AS text CHECK (is_short(VALUE));
    CREATE TABLE names (id integer PRIMARY KEY, name text NOT NULL CHECK (is_short(name)), nick short, found text GENERATED ALWAYS AS (f_plain(name)) STORED,
      kind regclass, EXCLUDE (f_plain(nick) WITH =));
    CREATE INDEX by_name ON names (f_plain(name));
    CREATE INDEX short_ones ON names (id) WHERE is_short(name);
    CREATE STATISTICS of_names ON f_plain(name), f_plain(nick) FROM names;
    CREATE TABLE parts (name text) PARTITION BY LIST (f_plain(name));
    CREATE TABLE part_e PARTITION OF parts FOR VALUES IN ('e');
    CREATE INDEX ON parts (f_plain(name));
    CREATE TABLE visits (id integer PRIMARY KEY, who integer NOT NULL REFERENCES names);
    CREATE MATERIALIZED VIEW plain_names AS SELECT id, f_plain(name) AS name FROM names;
    INSERT INTO names VALUES (1, 'René', 'né', DEFAULT, 'names'), (2, 'Jürgen', 'jü', DEFAULT, 'pg_class'); INSERT INTO visits VALUES (1, 2); INSERT INTO parts VALUES ('é');
    REFRESH MATERIALIZED VIEW plain_names`;

  const CONTENT = `SELECT 'n', id, name || found || nick FROM names UNION ALL SELECT 'm', id, name FROM plain_names UNION ALL SELECT 'v', who, '' FROM visits
    UNION ALL SELECT 'p', 0, name FROM part_e ORDER BY 1, 2`;

  it.each(['json', 'native'] as const)('are captured by the engine %s, and restored in place', async (kind) => {
    await bench.close();
    bench = await PostgresBench.open(kind === 'native' ? new NativeEngine(new EngineHost()) : undefined);
    await bench.script(SCHEMA);
    const before = bench.dump();
    const snapshot = await bench.capture();
    expect(JSON.stringify(snapshot.manifest.tables)).toContain('names');
    await bench.execute(`DELETE FROM visits; UPDATE names SET name = 'x'; DELETE FROM parts`);
    expect((await bench.restore(snapshot)).warnings).toEqual([]);
    expect(bench.dump()).toBe(before);
    expect((await bench.capture()).manifest.tables).toEqual(snapshot.manifest.tables);
  });

  it('are restored into an empty database', async () => {
    await bench.script(SCHEMA);
    const content = await bench.query(CONTENT);
    const snapshot = await bench.capture();
    await bench.empty();
    expect((await bench.restore(snapshot, { allowSchemaChanges: true })).warnings).toEqual([]);
    expect(await bench.query(CONTENT)).toEqual(content);
    expect(
      await bench.query(`SELECT indexdef FROM pg_indexes WHERE indexname IN ('by_name', 'short_ones') ORDER BY 1`),
    ).toHaveLength(2);
  });

  it('are captured by a role that finds none of them by itself', async () => {
    await bench.script(`CREATE SCHEMA app; SET search_path = app; ${SCHEMA}`);
    const snapshot = await bench.capture();
    const role = `role_${randomBytes(6).toString('hex')}`;
    await bench.onServer(`CREATE ROLE ${role} SUPERUSER LOGIN`, `ALTER ROLE ${role} SET search_path = app`);
    try {
      await bench.execute('SET search_path = app; DELETE FROM visits; DELETE FROM names');
      expect((await bench.restore(snapshot, { target: { user: role } })).warnings).toEqual([]);
      const { rows } = await (await bench.connect(role)).query('SELECT id, found FROM names ORDER BY id');
      expect(rows).toEqual([
        { id: 1, found: 'Rene' },
        { id: 2, found: 'Jurgen' },
      ]);
    } finally {
      await bench.close();
      await bench.onServer(`DROP ROLE ${role}`);
    }
  });
});

describe.skipIf(!hasPostgres)('a role or a database with every setting against us', () => {
  let role: string;
  let bench: PostgresBench;
  const settings = Object.entries(HOSTILE_POSTGRES);

  beforeEach(() => {
    role = `role_${randomBytes(6).toString('hex')}`;
  });
  afterEach(async () => {
    await bench.close();
    await bench.onServer(`DROP ROLE IF EXISTS ${role}`);
  });

  const SCHEMA = `
    CREATE TYPE mood AS ENUM ('sad', 'o''k');
    CREATE FUNCTION shout(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT upper($1) || 'a\\b' $$;
    CREATE TABLE things (id serial PRIMARY KEY, "order" text DEFAULT 'a\\b' CHECK ("order" <> 'x' OR "order" = NULL), d date, ts timestamptz, i interval, f float8, b bytea, x xml, p money,
      ar integer[], m mood, loud text GENERATED ALWAYS AS (shout("order")) STORED, at regclass, u text);
    INSERT INTO things ("order", d, ts, i, f, b, x, p, ar, m, at, u) SELECT 'n' || g, date '2026-01-02' + g, timestamptz '2026-01-02 03:04:05Z' + g * interval '1 hour', interval '-1 day 02:03:04',
      g / 7.0, '\\x00ff5c', '<a/>text', g, ARRAY[1, NULL, g], 'o''k', 'things', 'ä€' FROM generate_series(1, 300) AS g;
    DELETE FROM things WHERE id % 3 = 0; UPDATE things SET "order" = 'y' WHERE id % 7 = 0;
    CREATE TABLE parts (thing integer REFERENCES things ON DELETE CASCADE, v text); INSERT INTO parts SELECT id, 'v' FROM things;
    CREATE VIEW seen AS SELECT id, "order" FROM things WHERE "order" IS NOT NULL;
    CREATE MATERIALIZED VIEW days AS SELECT date_trunc('day', ts)::text AS day FROM things`;

  it.each(['json', 'native'] as const)(
    'changes nothing about what the engine %s captures and restores',
    async (kind) => {
      bench = await PostgresBench.open(kind === 'native' ? new NativeEngine(new EngineHost()) : undefined);
      await bench.script(SCHEMA);
      const before = bench.dump();
      const plain = await bench.capture();
      await bench.onServer(
        `CREATE ROLE ${role} SUPERUSER LOGIN`,
        ...settings.map(([name, value]) => `ALTER ROLE ${role} SET ${name} = ${value}`),
        ...settings.map(([name, value]) => `ALTER DATABASE ${bench.database} SET ${name} = ${value}`),
      );
      const hostile = await bench.capture({ user: role });
      const recorded = ({ manifest: { tables, schema } }: StoredSnapshot) => ({ tables, schema });
      expect(recorded(hostile)).toEqual(recorded(plain));
      await bench.onServer(`ALTER DATABASE ${bench.database} RESET ALL`);
      await bench.execute(`DELETE FROM things WHERE id % 2 = 0; UPDATE things SET "order" = 'z', ts = now()`);
      for (const snapshot of [plain, hostile]) {
        expect((await bench.restore(snapshot, { target: { user: role } })).warnings).toEqual([]);
        // The view follows the time zone of the role that refreshed it.
        await bench.execute('REFRESH MATERIALIZED VIEW days');
        expect(bench.dump()).toBe(before);
      }
    },
  );

  it('decides how a materialized view is refreshed, as it does for the application', async () => {
    bench = await PostgresBench.open();
    await bench.script(SCHEMA);
    const snapshot = await bench.capture();
    await bench.onServer(
      `CREATE ROLE ${role} SUPERUSER LOGIN`,
      `ALTER DATABASE ${bench.database} SET TimeZone = 'Asia/Kathmandu'`,
    );
    await bench.restore(snapshot, { target: { user: role } });
    expect(await bench.query(`SELECT count(*) > 0, bool_and(day LIKE '% 00:00:00+05:45') FROM days`)).toEqual([
      ['t', 't'],
    ]);
  });
});
