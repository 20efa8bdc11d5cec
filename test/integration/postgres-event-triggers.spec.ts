import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasPostgres, PostgresBench } from '../support/postgres-bench.js';
import { TRAPS } from '../support/postgres-traps.js';

/** One that writes down what changes, one that lets nothing be dropped, and in every mode in which they fire. */
const EVENT_TRIGGERS = `
  CREATE TABLE changes (n serial, tag text, what text);
  CREATE FUNCTION note_change() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO changes (tag, what) SELECT command_tag, object_identity FROM pg_event_trigger_ddl_commands(); END $$;
  CREATE FUNCTION forbid() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'nothing is dropped here'; END $$;
  CREATE EVENT TRIGGER audit ON ddl_command_end EXECUTE FUNCTION note_change();
  CREATE EVENT TRIGGER keep ON sql_drop EXECUTE FUNCTION forbid();
  CREATE EVENT TRIGGER always_keep ON sql_drop EXECUTE FUNCTION forbid(); ALTER EVENT TRIGGER always_keep ENABLE ALWAYS;
  CREATE EVENT TRIGGER replica_keep ON ddl_command_start WHEN TAG IN ('ALTER TABLE', 'CREATE TABLE') EXECUTE FUNCTION forbid(); ALTER EVENT TRIGGER replica_keep ENABLE REPLICA;
  CREATE EVENT TRIGGER off ON ddl_command_start EXECUTE FUNCTION forbid(); ALTER EVENT TRIGGER off DISABLE; COMMENT ON EVENT TRIGGER off IS 'not now';
  CREATE TABLE noted (id integer PRIMARY KEY, parent integer REFERENCES noted); INSERT INTO noted VALUES (1, 1);`;

describe.skipIf(!hasPostgres)('event triggers of a PostgreSQL database', () => {
  let bench: PostgresBench;

  beforeEach(async () => {
    bench = await PostgresBench.open();
  });
  afterEach(() => bench.close());

  it('do not fire in a restore, and are afterwards as they were', async () => {
    await bench.script(TRAPS + EVENT_TRIGGERS);
    const before = bench.dump();
    const snapshot = await bench.capture();
    await bench.execute('DELETE FROM noted; DELETE FROM changes; UPDATE ordered SET other = 0');
    expect(await bench.restore(snapshot)).toMatchObject({ warnings: [], missing: [] });
    expect(bench.dump()).toBe(before);
  });

  it('come back into an empty database, without having fired', async () => {
    await bench.execute(EVENT_TRIGGERS);
    const before = bench.dump();
    const snapshot = await bench.capture();
    await bench.empty();
    expect(await bench.restore(snapshot, { allowSchemaChanges: true })).toMatchObject({ warnings: [], missing: [] });
    expect(bench.dump()).toBe(before);
  });

  it('that a role may not silence refuse a restore before anything is done', async () => {
    const role = `${bench.database}_owner`;
    await bench.onServer(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    try {
      await bench.execute(
        `CREATE TABLE noted (id integer); ALTER TABLE noted OWNER TO ${role}; INSERT INTO noted VALUES (1)`,
      );
      const target = { ...bench.target, user: role, password: 'secret' };
      const snapshot = await bench.capture();
      const request = { database: target, snapshot, tables: null };
      expect(await bench.engines.engine.checkRestorable(request)).toEqual([]);
      await bench.execute(`CREATE FUNCTION nothing() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
        CREATE EVENT TRIGGER "the audit" ON ddl_command_end EXECUTE FUNCTION nothing()`);
      const refusal = {
        code: 'DATABASE_UNAVAILABLE',
        message: expect.stringMatching(/"the audit".*DISABLE/) as unknown,
      };
      await expect(bench.engines.engine.checkRestorable(request)).rejects.toMatchObject(refusal);
      await expect(bench.restore(snapshot, { target })).rejects.toMatchObject(refusal);
      if (Number((await bench.query('SHOW server_version_num'))[0]![0]) >= 150_000) {
        await bench.onServer(`GRANT SET ON PARAMETER session_replication_role TO ${role}`);
        expect(await bench.engines.engine.checkRestorable(request)).toEqual([]);
        await bench.onServer(`REVOKE SET ON PARAMETER session_replication_role FROM ${role}`);
      }
      await bench.execute('ALTER EVENT TRIGGER "the audit" DISABLE');
      expect(await bench.restore(snapshot, { target })).toMatchObject({ warnings: [] });
    } finally {
      await bench.execute(`DROP OWNED BY ${role}`);
      await bench.onServer(`DROP ROLE ${role}`);
    }
  });
});
