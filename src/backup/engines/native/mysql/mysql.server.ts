import { BackupError } from '../../../model/errors.js';
import type { ServerTarget } from '../../database-target.js';
import { literal } from '../../dialects/mysql/mysql.names.js';
import type { MysqlPrograms } from './mysql.programs.js';

/** What has to be known of a server and a database before something is done with it. */
export interface Server {
  version: string;
  tables: { name: string; type: string; engine: string | null }[];
  triggers: string[];
  /** Columns of single precision, `table.column`. */
  floats: string[];
  /** Tables whose history is told by numbers of transactions, which mean nothing elsewhere. */
  transactional: string[];
  /** Foreign keys that lead to tables of this database. */
  references: { schema: string; child: string; parent: string }[];
}

/** Engines whose tables can be moved to another database by a statement that the server ends, or takes back, even if it is killed meanwhile. */
const ENGINES = { MariaDB: ['InnoDB', 'MyISAM', 'Aria', 'MEMORY', 'CSV'], MySQL: ['InnoDB'] } as const;
const OLDEST_WITH_HISTORY = [10, 11] as const;

/** Since then one statement that renames many tables does so wholly or not at all, even if the server is killed meanwhile. */
const OLDEST = { MariaDB: [10, 6], MySQL: [8, 0] } as const;

/** @throws BackupError `DATABASE_UNAVAILABLE` when it cannot be reached, `UNSUPPORTED` when the client is missing */
export async function readServer(programs: MysqlPrograms, target: ServerTarget): Promise<Server> {
  const schema = literal(target.database);
  const answer = await programs.ask(
    target,
    `SELECT JSON_OBJECT('version', VERSION(), 'there', (SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ${schema}));
     SELECT JSON_OBJECT('table', TABLE_NAME, 'type', TABLE_TYPE, 'engine', ENGINE) FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${schema};
     SELECT JSON_OBJECT('trigger', TRIGGER_NAME) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ${schema};
     SELECT JSON_OBJECT('float', CONCAT(TABLE_NAME, '.', COLUMN_NAME)) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ${schema} AND DATA_TYPE = 'float'
       AND TABLE_NAME IN (SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${schema} AND TABLE_TYPE <> 'VIEW');
     SELECT JSON_OBJECT('transactional', TABLE_NAME) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ${schema} AND GENERATION_EXPRESSION = 'ROW START' AND DATA_TYPE = 'bigint';
     SELECT JSON_OBJECT('schema', CONSTRAINT_SCHEMA, 'child', TABLE_NAME, 'parent', REFERENCED_TABLE_NAME)
       FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE UNIQUE_CONSTRAINT_SCHEMA = ${schema};\n`,
  );
  const server: Server = { version: '', tables: [], triggers: [], floats: [], transactional: [], references: [] };
  for (const line of answer.split('\n')) if (line !== '') take(JSON.parse(line) as Line, server, target);
  return server;
}

type Line =
  | { version: string; there: number }
  | { table: string; type: string; engine: string | null }
  | { trigger: string }
  | { float: string }
  | { transactional: string }
  | Server['references'][number];

function take(line: Line, server: Server, { database }: ServerTarget): void {
  if ('version' in line) {
    server.version = line.version;
    if (line.there === 0)
      throw new BackupError(
        'DATABASE_UNAVAILABLE',
        `The server has no database ${JSON.stringify(database)} that this user may see. Check the database URL.`,
      );
  } else if ('table' in line) server.tables.push({ name: line.table, type: line.type, engine: line.engine });
  else if ('trigger' in line) server.triggers.push(line.trigger);
  else if ('float' in line) server.floats.push(line.float);
  else if ('transactional' in line) server.transactional.push(line.transactional);
  else server.references.push(line);
}

const makerOf = (version: string): 'MariaDB' | 'MySQL' => (version.includes('MariaDB') ? 'MariaDB' : 'MySQL');

const numbersOf = (version: string): [major: number, minor: number] => {
  const [major = 0, minor = 0] = version.split('.').map((part) => parseInt(part));
  return [major, minor];
};

const isOlder = (version: string, [major, minor]: readonly [number, number]): boolean => {
  const [a, b] = numbersOf(version);
  return a < major || (a === major && b < minor);
};

/**
 * What could not be put back so that the database is as before or as the snapshot says is not captured either: what is listed can be restored.
 * @throws BackupError `UNSUPPORTED`
 */
export function refuseWhatCannotBeRestored({ version, tables, triggers, floats, transactional }: Server): void {
  const maker = makerOf(version);
  if (isOlder(version, OLDEST[maker]))
    throw unsupported(`${maker} ${version} cannot swap tables safely; version ${OLDEST[maker].join('.')} or newer can`);
  if (triggers.length > 0)
    throw unsupported(
      `the database has triggers (${some(triggers)}), which the server cannot swap along with their tables`,
    );
  if (floats.length > 0) throw unsupported(`a dump holds only six digits of these FLOAT columns: ${some(floats)}`);
  const known: readonly (string | null)[] = ENGINES[maker];
  const others = tables.filter(({ type, engine }) => type !== 'VIEW' && !known.includes(engine));
  if (others.length > 0)
    throw unsupported(
      `the server cannot swap tables of these engines safely: ${some(others.map(({ name, type, engine }) => `${name} (${engine ?? type})`))}`,
    );
  if (isOlder(version, OLDEST_WITH_HISTORY) && tables.some(isVersioned))
    throw unsupported(
      `${maker} ${version} does not accept the history of system-versioned tables; version 10.11 or newer does`,
    );
  if (transactional.length > 0)
    throw unsupported(`the history of these tables is told by the server's own transactions: ${some(transactional)}`);
}

/** Whether old rows stay in a table, with the time in which they were valid. */
export const isVersioned = ({ type }: Server['tables'][number]): boolean => type === 'SYSTEM VERSIONED';

/** What is written to them is no part of a transaction. */
export const withoutTransactions = ({ tables }: Server): string[] =>
  tables
    .filter(({ type, engine }) => ['BASE TABLE', 'SYSTEM VERSIONED'].includes(type) && engine !== 'InnoDB')
    .map(({ name }) => name)
    .sort();

/** @throws BackupError `UNSUPPORTED` */
export function refuseOtherServer(then: string, { version }: Server): void {
  if (makerOf(then) === makerOf(version) && !isOlder(version, numbersOf(then))) return;
  throw new BackupError(
    'UNSUPPORTED',
    `The snapshot is of a ${makerOf(then)} server of version ${then}, and this one is ${makerOf(version)} ${version}, which may not accept it. Restore it into a server of the same product that is not older.`,
  );
}

const some = (names: string[]): string => names.slice(0, 5).join(', ') + (names.length > 5 ? ', …' : '');

const unsupported = (why: string): BackupError =>
  new BackupError(
    'UNSUPPORTED',
    `The engine "native" does not capture what it could not restore: ${why}. Let the plan use the engine "json".`,
  );
