import type { PostgresConnection } from './postgres.connection.js';
import { qualified, quoted, type QualifiedName } from './postgres.names.js';

interface Trigger extends QualifiedName {
  trigger: string;
  enabled: keyof typeof ENABLE;
}

/** As `ALTER TABLE` says when a trigger fires: at the origin, on a replica, always. */
const ENABLE = { O: 'ENABLE TRIGGER', R: 'ENABLE REPLICA TRIGGER', A: 'ENABLE ALWAYS TRIGGER' };

/** Before PostgreSQL 15 a partition's copy of its parent's trigger counts as internal. */
const TRIGGERS = `SELECT n.nspname::pg_catalog.text AS schema, c.relname::pg_catalog.text AS name, t.tgname::pg_catalog.text AS trigger,
    t.tgenabled::pg_catalog.text AS enabled
  FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE t.tgrelid = ANY ($1::pg_catalog.oid[]) AND t.tgenabled <> 'D' AND (NOT t.tgisinternal OR (t.tgparentid <> 0 AND t.tgconstraint = 0)) ORDER BY t.oid`;

/** Switches triggers off while rows are replaced, by name, and each into its own mode again. */
export class TriggersAside {
  private constructor(
    private readonly connection: PostgresConnection,
    private readonly triggers: readonly Trigger[],
  ) {}

  static async of(connection: PostgresConnection, tables: readonly string[]): Promise<TriggersAside> {
    const triggers = await connection.query<Trigger>(TRIGGERS, [tables]);
    await connection.run(
      ...triggers.map((on) => `ALTER TABLE ONLY ${qualified(on)} DISABLE TRIGGER ${quoted(on.trigger)}`),
    );
    return new TriggersAside(connection, triggers);
  }

  async putBack(): Promise<void> {
    await this.connection.run(
      ...this.triggers.map((on) => `ALTER TABLE ONLY ${qualified(on)} ${ENABLE[on.enabled]} ${quoted(on.trigger)}`),
    );
  }
}
