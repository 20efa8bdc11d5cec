import { BackupError } from '../../../model/errors.js';
import { quoted, type MysqlConnection } from './mysql.connection.js';
import { readTriggers, STATEMENT_MODE, type Trigger } from './mysql.definitions.js';
import { errorNumber } from './mysql.errors.js';
import { UNFINISHED_TABLE } from './mysql.schema.js';
import { noteTriggers } from './mysql.unfinished.js';

const PROBE = `${UNFINISHED_TABLE}_probe`;
const BINARY_LOG_FORBIDS = 1419;

/**
 * The triggers of these tables, which a restore has to take away.
 * @throws BackupError before anything was changed, where they could not be put back exactly, or where the account could not see them
 */
export async function triggersToSetAside(connection: MysqlConnection, tables: readonly string[]): Promise<Trigger[]> {
  const triggers = await connection.withMode(STATEMENT_MODE, () => readTriggers(connection, tables));
  const databaseCollation = await connection.value('SELECT @@collation_database');
  for (const trigger of triggers) refuseUnlessItCanComeBack(trigger, String(databaseCollation));
  const definers = new Set(triggers.map(({ sql }) => definerOf(sql)));
  for (const definer of definers) await proveRightToCreate(connection, definer);
  if (triggers.length === 0) await proveRightToSee(connection);
  return triggers;
}

/** Takes triggers away, noted before so that they come back whatever happens. The tables are locked by the caller. */
export async function setAside(connection: MysqlConnection, triggers: readonly Trigger[]): Promise<void> {
  await noteTriggers(connection, triggers);
  await connection.run('COMMIT');
  for (const { name } of triggers) await connection.run(`DROP TRIGGER ${quoted(name)}`);
}

function refuseUnlessItCanComeBack({ name, sql, charset, databaseCollation }: Trigger, collation: string): void {
  const why =
    sql === ''
      ? 'its definition cannot be read'
      : !/^utf8/.test(charset) && /[^\p{ASCII}]/u.test(sql)
        ? `it was made by a client that spoke ${charset}`
        : databaseCollation !== collation
          ? `it was made when the database had the collation ${databaseCollation}`
          : null;
  if (why !== null)
    throw new BackupError(
      'UNSUPPORTED',
      `The trigger "${name}" would fire during the restore, and cannot be taken away and put back exactly: ${why}. Nothing was changed; create it again in utf8mb4, or drop it.`,
    );
}

const definerOf = (sql: string): string => /^\s*CREATE\s+(DEFINER\s*=\s*\S+@\S+)\s/i.exec(sql)?.[1] ?? '';

/** Tried on a table of ours: an account may lack the right to create triggers at all, or in the name of another one. */
async function proveRightToCreate(connection: MysqlConnection, definer: string): Promise<void> {
  await connection.run(
    `CREATE ${definer} TRIGGER ${PROBE} BEFORE INSERT ON ${UNFINISHED_TABLE} FOR EACH ROW SET @nestjs_backup = 1`,
  );
  await connection.run(`DROP TRIGGER ${PROBE}`);
}

/** An account without the privilege TRIGGER sees no triggers, which fire all the same. */
async function proveRightToSee(connection: MysqlConnection): Promise<void> {
  try {
    await proveRightToCreate(connection, '');
  } catch (error) {
    if (errorNumber(error) !== BINARY_LOG_FORBIDS) throw error;
    const granted = await connection.rows(
      `SELECT 1 FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'TRIGGER'
       UNION SELECT 1 FROM information_schema.SCHEMA_PRIVILEGES WHERE PRIVILEGE_TYPE = 'TRIGGER' AND DATABASE() LIKE TABLE_SCHEMA`,
    );
    if (granted.length === 0) throw error;
  }
}
