import { BackupError } from '../../../model/errors.js';
import { quoted, type MysqlConnection } from './mysql.connection.js';
import { readTriggers, STATEMENT_MODE, type Trigger } from './mysql.definitions.js';
import { errorNumber } from './mysql.errors.js';
import { survives } from './mysql.run-as.js';
import { UNFINISHED_TABLE } from './mysql.schema.js';
import { noteTriggers } from './mysql.unfinished.js';

const PROBE = `${UNFINISHED_TABLE}_probe`;
const BINARY_LOG_FORBIDS = 1419;

/**
 * The collation that the database needs for the triggers of these tables to come back: the server keeps it with each, and it cannot be changed while tables are locked.
 * @returns null where it is that which it has, or where they need several
 */
export async function collationToCome(connection: MysqlConnection, tables: readonly string[]): Promise<string | null> {
  const triggers = await connection.withMode(STATEMENT_MODE, () => readTriggers(connection, tables));
  const [wanted, ...others] = new Set(triggers.map((trigger) => trigger.databaseCollation));
  return wanted === undefined || others.length > 0 || wanted === (await databaseCollation(connection)) ? null : wanted;
}

export const databaseCollation = async (connection: MysqlConnection): Promise<string> =>
  String(
    await connection.value(
      'SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = DATABASE()',
    ),
  );

/**
 * The triggers of these tables, which a restore has to take away.
 * @throws BackupError before anything was changed, where they could not be put back exactly, or where the account could not see them
 */
export async function triggersToSetAside(
  connection: MysqlConnection,
  tables: readonly string[],
  isLocked: (table: string) => boolean,
): Promise<Trigger[]> {
  const triggers = await connection.withMode(STATEMENT_MODE, () => readTriggers(connection, tables));
  const collation = await databaseCollation(connection);
  for (const trigger of triggers)
    await refuseUnlessItCanComeBack(connection, trigger, isLocked(trigger.table) ? collation : null);
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

async function refuseUnlessItCanComeBack(
  connection: MysqlConnection,
  { name, sql, charset, databaseCollation: then }: Trigger,
  /** Of the database, where the trigger has to come back under locks. */
  collation: string | null,
): Promise<void> {
  const why =
    sql === ''
      ? 'its definition cannot be read'
      : !(await survives(connection, charset, sql))
        ? `it was created by a client with the character set ${charset}`
        : collation !== null && then !== collation
          ? `others were made under another collation of the database than ${then}, with it`
          : null;
  if (why !== null)
    throw new BackupError(
      'UNSUPPORTED',
      `The trigger "${name}" would fire during the restore, and cannot be dropped and created again exactly as it was: ${why}. Nothing was changed; create it again in utf8mb4, or drop it.`,
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
