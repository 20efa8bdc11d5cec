import { BackupError } from '../../../model/errors.js';
import type { PostgresConnection } from './postgres.connection.js';
import { quoted } from './postgres.names.js';

interface EventTrigger {
  name: string;
  enabled: keyof typeof ENABLE;
  /** It comes with an extension, which knows what it does. */
  of_extension: boolean;
}

const ENABLE = { O: 'ENABLE', R: 'ENABLE REPLICA', A: 'ENABLE ALWAYS' };

const EVENT_TRIGGERS = `SELECT t.evtname::pg_catalog.text AS name, t.evtenabled::pg_catalog.text AS enabled,
    EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass AND e.objid = t.oid AND e.deptype = 'e') AS of_extension
  FROM pg_catalog.pg_event_trigger t WHERE t.evtevent <> 'login' AND t.evtenabled::pg_catalog.text = ANY ($1) ORDER BY t.evtname`;

/**
 * Keeps whatever would fire by itself from doing so for the rest of the transaction. As a replica of another server no trigger fires that is not made for
 * that, nor do foreign keys check; a role that may not say so can still switch triggers off that are its own.
 */
export class Silence {
  private constructor(
    private readonly connection: PostgresConnection,
    /** Whether foreign keys keep still too. */
    readonly isReplica: boolean,
    private readonly switchedOff: readonly EventTrigger[],
  ) {}

  /** @throws BackupError `DATABASE_UNAVAILABLE` where an event trigger would fire and the role cannot keep it from that */
  static async begin(connection: PostgresConnection): Promise<Silence> {
    const isReplica = await mayAndDoes(connection, 'session_replication_role = replica');
    const allOff = connection.serverVersion >= 170_000 && (await mayAndDoes(connection, 'event_triggers = off'));
    const firing = allOff
      ? []
      : await connection.query<EventTrigger>(EVENT_TRIGGERS, [isReplica ? ['R', 'A'] : ['O', 'A']]);
    const loud: EventTrigger[] = [];
    const switchedOff: EventTrigger[] = [];
    for (const trigger of firing) {
      const failure = await connection.attempt(`ALTER EVENT TRIGGER ${quoted(trigger.name)} DISABLE`);
      if (!failure) switchedOff.push(trigger);
      else if (!trigger.of_extension) loud.push(trigger);
    }
    if (loud.length > 0) throw wouldFire(loud);
    return new Silence(connection, isReplica, switchedOff);
  }

  async end(): Promise<void> {
    await this.connection.run(
      ...this.switchedOff.map(({ name, enabled }) => `ALTER EVENT TRIGGER ${quoted(name)} ${ENABLE[enabled]}`),
    );
  }
}

const mayAndDoes = async (connection: PostgresConnection, setting: string): Promise<boolean> =>
  (await connection.attempt(`SET LOCAL ${setting}`)) === null;

const wouldFire = (triggers: readonly EventTrigger[]): BackupError =>
  new BackupError(
    'DATABASE_UNAVAILABLE',
    `The restore changes definitions, which would fire the event trigger${triggers.length === 1 ? '' : 's'} ${triggers.map(({ name }) => quoted(name)).join(', ')}, ` +
      'and the role may not prevent that. Nothing was changed. Have a superuser run ALTER EVENT TRIGGER … DISABLE before the restore and … ENABLE after it, ' +
      'or (from PostgreSQL 15 on) GRANT SET ON PARAMETER session_replication_role to the role.',
  );
