import type { ServerTarget } from '../../database-target.js';
import { tableName } from './postgres.names.js';
import type { PostgresPrograms } from './postgres.programs.js';
import { PsqlSession } from './psql.session.js';

/** What has to be known of a server before something is done with it. */
export interface Server {
  major: number;
  version: string;
  /** What extensions keep in tables of their own comes and goes with them, as far as pg_dump knows; named as in a manifest. */
  tablesOfExtensions: string[];
  /** Extensions that this user may not drop. */
  lastingExtensions: string[];
  /** In which a dump holds everything: UTF-8, unless the server cannot convert it to that. */
  dumpEncoding: string;
  /** Where the application's own sessions look for unqualified names. */
  searchPath: string;
  /** A standby, which takes no writes. */
  isStandby: boolean;
  /** As SQL writes them. */
  subscriptions: string[];
  /** Unlogged tables, named as in a manifest. */
  unlogged: string[];
}

/** Which the server does not convert. */
const KEPT_ENCODINGS = ['SQL_ASCII', 'MULE_INTERNAL'];

const QUESTION = `SELECT pg_catalog.json_build_object(
  'version', pg_catalog.current_setting('server_version'),
  'encoding', pg_catalog.current_setting('server_encoding'), 'searchPath', pg_catalog.current_setting('search_path'), 'isStandby', pg_catalog.pg_is_in_recovery(),
  'number', pg_catalog.current_setting('server_version_num')::pg_catalog.int4,
  'tables', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(n.nspname, c.relname))
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class c ON c.oid = d.objid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'e' AND c.relkind IN ('r', 'p')),
  'unlogged', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(n.nspname, c.relname)) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence = 'u'),
  'subscriptions', (SELECT pg_catalog.json_agg(pg_catalog.quote_ident(subname) ORDER BY subname) FROM pg_catalog.pg_subscription
    WHERE subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())),
  'lasting', (SELECT pg_catalog.json_agg(extname) FROM pg_catalog.pg_extension WHERE NOT pg_catalog.pg_has_role(extowner, 'USAGE')));`;

/** @throws BackupError `DATABASE_UNAVAILABLE` when it cannot be reached, `UNSUPPORTED` when psql is missing */
export async function readServer(programs: PostgresPrograms, target: ServerTarget): Promise<Server> {
  const session = new PsqlSession(programs, target);
  try {
    const answer = JSON.parse(await session.ask(QUESTION)) as {
      version: string;
      number: number;
      encoding: string;
      searchPath: string;
      isStandby: boolean;
      tables: [string, string][] | null;
      unlogged: [string, string][] | null;
      subscriptions: string[] | null;
      lasting: string[] | null;
    };
    await session.close();
    return {
      major: Math.floor(answer.number / 10_000),
      version: answer.version.split(' ')[0]!, // Debian says more after it
      tablesOfExtensions: (answer.tables ?? []).map(([schema, name]) => tableName(schema, name)),
      lastingExtensions: answer.lasting ?? [],
      dumpEncoding: KEPT_ENCODINGS.includes(answer.encoding) ? answer.encoding : 'UTF8',
      searchPath: answer.searchPath,
      isStandby: answer.isStandby,
      subscriptions: answer.subscriptions ?? [],
      unlogged: (answer.unlogged ?? []).map(([schema, name]) => tableName(schema, name)),
    };
  } finally {
    session.kill();
  }
}
