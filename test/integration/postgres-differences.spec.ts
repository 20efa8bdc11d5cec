import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SchemaDifference } from '../../src/backup/engines/database.engine.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { hasPostgres, PostgresBench } from '../support/postgres-bench.js';
import { EVERY_TYPE } from '../support/postgres-values.js';
import { TRAPS } from '../support/postgres-traps.js';

const MIGRATIONS = `CREATE TABLE migrations (id serial PRIMARY KEY, "timestamp" bigint NOT NULL, name varchar NOT NULL);
  INSERT INTO migrations ("timestamp", name) VALUES (1700000000000, 'First1700000000000');`;
const USERS = `CREATE TABLE users (id integer PRIMARY KEY, email text, age integer); INSERT INTO users VALUES (1, 'a', 30), (2, 'b', NULL);`;

describe.skipIf(!hasPostgres)('a PostgreSQL schema', () => {
  let bench: PostgresBench;

  beforeEach(async () => {
    bench = await PostgresBench.open();
  });
  afterEach(() => bench.close());

  async function differences(restoring: Promise<unknown>): Promise<SchemaDifference[]> {
    const error = (await restoring.then(
      () => undefined,
      (reason: unknown) => reason,
    )) as { code: string; details: { differences: SchemaDifference[] } };
    expect(error).toMatchObject({ code: 'SCHEMA_MISMATCH' });
    return error.details.differences;
  }

  const restoreAnyway = (snapshot: StoredSnapshot, tables?: string[]) =>
    bench.restore(snapshot, { allowSchemaChanges: true, ...(tables && { tables }) });

  describe('that is not the snapshot’s', () => {
    it.each<[string, string, Partial<SchemaDifference>[]]>([
      ['a table is gone', 'DROP TABLE users', [{ table: 'users', column: null }]],
      ['a table is new', 'CREATE TABLE extra (a integer)', [{ table: 'extra', column: null }]],
      [
        'a table is in another schema',
        'CREATE SCHEMA s; ALTER TABLE users SET SCHEMA s',
        [
          { table: 'users', column: null },
          { table: 's.users', column: null },
        ],
      ],
      ['a column is new', 'ALTER TABLE users ADD COLUMN name text', [{ table: 'users', column: 'name' }]],
      ['a column is gone', 'ALTER TABLE users DROP COLUMN age', [{ table: 'users', column: 'age' }]],
      [
        'a column is renamed',
        'ALTER TABLE users RENAME COLUMN age TO years',
        [
          { table: 'users', column: 'age' },
          { table: 'users', column: 'years' },
        ],
      ],
      ['a type differs', 'ALTER TABLE users ALTER age TYPE bigint', [{ table: 'users', column: 'age' }]],
      ['a length differs', 'ALTER TABLE users ALTER email TYPE varchar(9)', [{ table: 'users', column: 'email' }]],
      [
        'null is not allowed any more',
        'ALTER TABLE users ALTER email SET NOT NULL',
        [{ table: 'users', column: 'email' }],
      ],
      [
        'a column is computed now',
        'ALTER TABLE users DROP age; ALTER TABLE users ADD age integer GENERATED ALWAYS AS (id) STORED',
        [{ table: 'users', column: 'age' }],
      ],
      [
        'the key is another one',
        'ALTER TABLE users DROP CONSTRAINT users_pkey; ALTER TABLE users ADD PRIMARY KEY (id, email)',
        [
          { table: 'users', column: 'email' },
          { table: 'users', column: null },
        ],
      ],
      [
        'a migration ran',
        `INSERT INTO migrations ("timestamp", name) VALUES (1800000000000, 'Second1800000000000')`,
        [{ table: '(migrations)', column: null }],
      ],
      ['a migration was taken back', 'DELETE FROM migrations', [{ table: '(migrations)', column: null }]],
    ])('is refused and told: %s', async (_what, change, expected) => {
      await bench.execute(MIGRATIONS + USERS);
      const snapshot = await bench.capture();
      await bench.execute(change);
      const before = bench.dump();
      const found = await differences(bench.restore(snapshot));
      expect(found).toEqual(expected.map((difference) => expect.objectContaining(difference)));
      const request = { database: bench.target, snapshot, tables: null };
      expect(await bench.engines.engine.checkRestorable(request)).toEqual(found);
      expect(bench.dump()).toBe(before);
    });

    it('concerns only the chosen tables where tables are chosen', async () => {
      await bench.execute(`${USERS} CREATE TABLE posts (id integer)`);
      const snapshot = await bench.capture();
      await bench.execute('DROP TABLE posts; DELETE FROM users');
      expect(await differences(bench.restore(snapshot))).toHaveLength(1);
      await bench.restore(snapshot, { tables: ['users'] });
      expect(await bench.query('SELECT count(*) FROM users')).toEqual([['2']]);
    });
  });

  describe('that may be another one', () => {
    it('gives new columns their default, leaves out old ones, and says so', async () => {
      await bench.execute(USERS);
      const snapshot = await bench.capture();
      await bench.execute(
        `ALTER TABLE users ADD COLUMN role text NOT NULL DEFAULT 'student'; ALTER TABLE users DROP COLUMN age; DELETE FROM users`,
      );
      const { warnings } = await restoreAnyway(snapshot);
      expect(await bench.query('SELECT id, email, role FROM users')).toEqual([
        ['1', 'a', 'student'],
        ['2', 'b', 'student'],
      ]);
      expect(warnings).toEqual([
        expect.stringMatching(/"users" no longer has "age"/),
        expect.stringMatching(/another schema now/),
      ]);
    });

    it('creates a table again that was dropped, and leaves the others as they are', async () => {
      await bench.execute(`${USERS} CREATE TABLE kept (a integer); CREATE INDEX dropped_on_purpose ON kept (a); CREATE UNIQUE INDEX by_email ON users (email);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO kept VALUES (new.id); RETURN new; END $$;
        CREATE TRIGGER noted AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION note(); CREATE VIEW grown_up AS SELECT * FROM users WHERE age > 17`);
      const before = bench.dump();
      const snapshot = await bench.capture();
      await bench.execute('DROP TABLE users CASCADE; DROP INDEX dropped_on_purpose');
      expect(await restoreAnyway(snapshot)).toMatchObject({ warnings: [], missing: [] });
      await bench.execute('CREATE INDEX dropped_on_purpose ON kept (a)');
      expect(bench.dump()).toBe(before);
    });

    it('creates a chosen table again with what hangs on it, and nothing else', async () => {
      await bench.execute(`CREATE TABLE users (id serial PRIMARY KEY, t text UNIQUE); CREATE TABLE posts (id serial PRIMARY KEY); INSERT INTO users (t) VALUES ('x');
        CREATE VIEW v AS SELECT * FROM users`);
      const snapshot = await bench.capture();
      await bench.execute('DROP TABLE users, posts CASCADE');
      expect(await restoreAnyway(snapshot, ['users'])).toMatchObject({ warnings: [], missing: [] });
      expect(
        await bench.query(`SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1`),
      ).toEqual([['users'], ['users_id_seq'], ['users_pkey'], ['users_t_key']]);
      expect(await bench.query(`SELECT id, t, nextval('users_id_seq') FROM users`)).toEqual([['1', 'x', '2']]);
    });

    it.each([
      ['traps', TRAPS],
      ['every type', `${MIGRATIONS} ${EVERY_TYPE}`],
    ])('brings everything back into an empty database, migrations too: %s', async (_what, schema) => {
      await bench.script(schema);
      const before = bench.dump();
      const snapshot = await bench.capture();
      await bench.empty();
      expect(bench.dump()).not.toContain('CREATE TABLE');
      expect(await restoreAnyway(snapshot)).toMatchObject({ warnings: [], missing: [] });
      expect(bench.dump() === before).toBe(true);
      expect(await bench.query('SELECT name FROM migrations')).toEqual([['First1700000000000']]);
    });

    it.each([
      ['not null', `ALTER TABLE users ADD role text NOT NULL`],
      ['unique', 'CREATE UNIQUE INDEX u ON users (age)'],
      ['check', 'ALTER TABLE users ADD CHECK (age > 40)'],
      [
        'foreign key',
        'CREATE TABLE roles (id integer PRIMARY KEY); ALTER TABLE users ADD FOREIGN KEY (age) REFERENCES roles',
      ],
      ['type', 'ALTER TABLE users ALTER email TYPE integer USING 1'],
      ['length', 'ALTER TABLE users ALTER email TYPE varchar(1)'],
    ])('undoes everything where the rows break a new constraint (%s)', async (_what, change) => {
      await bench.execute(`${USERS} INSERT INTO users VALUES (3, 'long', 30)`);
      const snapshot = await bench.capture();
      await bench.execute(`DELETE FROM users; ${change}`);
      const before = bench.dump();
      await expect(restoreAnyway(snapshot)).rejects.toMatchObject({ code: 'CONSTRAINT_VIOLATION' });
      expect(bench.dump()).toBe(before);
    });
  });

  describe('of which only some tables are restored', () => {
    const SCHEMA = `CREATE TABLE users (id serial PRIMARY KEY, v text); CREATE TABLE posts (id serial PRIMARY KEY, author integer REFERENCES users);
      CREATE TABLE likes (post integer REFERENCES posts ON DELETE CASCADE); CREATE SEQUENCE alone;
      INSERT INTO users (v) VALUES ('a'), ('b'); INSERT INTO posts (author) VALUES (1), (2); INSERT INTO likes VALUES (1), (2)`;

    it('leaves the others and their sequences alone, those that refer to it too', async () => {
      await bench.execute(SCHEMA);
      const snapshot = await bench.capture();
      await bench.execute(
        `UPDATE users SET v = 'changed'; INSERT INTO users (v) VALUES ('c'); INSERT INTO posts (author) VALUES (1); SELECT nextval('alone')`,
      );
      await bench.restore(snapshot, { tables: ['users'] });
      expect(await bench.query('SELECT id, v FROM users')).toEqual([
        ['1', 'a'],
        ['2', 'b'],
      ]);
      expect(await bench.query('SELECT (SELECT count(*) FROM posts), (SELECT count(*) FROM likes)')).toEqual([
        ['3', '2'],
      ]);
      expect(await bench.query(`SELECT nextval('users_id_seq'), nextval('posts_id_seq'), nextval('alone')`)).toEqual([
        ['3', '4', '2'],
      ]);
    });

    it('is undone where a reference would lead nowhere', async () => {
      await bench.execute(SCHEMA);
      const snapshot = await bench.capture();
      await bench.execute(`INSERT INTO users (v) VALUES ('c'); INSERT INTO posts (author) VALUES (3)`);
      const before = bench.dump();
      await expect(bench.restore(snapshot, { tables: ['users'] })).rejects.toMatchObject({
        code: 'CONSTRAINT_VIOLATION',
        message: expect.stringMatching(/posts_author_fkey/),
      });
      expect(bench.dump()).toBe(before);
    });

    it.each([['nobody'], ['pg_catalog.pg_sequences'], ['public.users'], ['USERS'], ['__proto__'], ['']])(
      'refuses those that the snapshot does not have: %j',
      async (table) => {
        await bench.execute(SCHEMA);
        const snapshot = await bench.capture();
        await expect(bench.restore(snapshot, { tables: ['users', table] })).rejects.toMatchObject({
          code: 'TABLE_NOT_FOUND',
        });
      },
    );

    it('may be none, which changes nothing', async () => {
      await bench.execute(SCHEMA);
      const snapshot = await bench.capture();
      await bench.execute('DELETE FROM likes');
      const before = bench.dump();
      await bench.restore(snapshot, { tables: [] });
      expect(bench.dump()).toBe(before);
    });
  });
});
