import * as attached from './postgres.ddl.attached.js';
import { COMMENTS, COMMENTS_ON_EVENT_TRIGGERS } from './postgres.ddl.comments.js';
import * as routines from './postgres.ddl.routines.js';
import * as tables from './postgres.ddl.tables.js';
import * as textSearch from './postgres.ddl.text-search.js';
import * as types from './postgres.ddl.types.js';
import type { PostgresConnection } from './postgres.connection.js';
import { documentName } from './postgres.names.js';
import type { TableLayout } from './postgres.schema.js';
import { belongingTo, creating } from './postgres.statement-head.js';

/** A statement, and the table it builds or belongs to. */
interface Built {
  sql: string;
  table_schema: string | null;
  table_name: string | null;
}

/** In an order in which most find what they need; whoever runs them tries again what does not. */
const inOrder = (serverVersion: number): string[] => [
  types.SCHEMAS,
  types.EXTENSIONS,
  types.COLLATIONS,
  types.ENUMS,
  types.TYPES,
  tables.SEQUENCES,
  routines.FUNCTIONS,
  routines.AGGREGATES,
  routines.OPERATORS,
  routines.OPERATOR_FAMILIES,
  routines.OPERATOR_CLASSES,
  routines.LOOSE_OF_FAMILIES,
  routines.CASTS,
  routines.CONVERSIONS,
  textSearch.PARSERS,
  textSearch.TEMPLATES,
  textSearch.DICTIONARIES,
  textSearch.CONFIGURATIONS,
  textSearch.MAPPINGS,
  tables.TABLES,
  tables.OF_TYPE,
  tables.OWN_IN_INHERITED,
  tables.SEQUENCE_OWNERS,
  tables.KEYS,
  tables.indexesOf('r', 'p'),
  tables.PARTITIONS,
  tables.PARTITIONS_OF_INDEXES,
  tables.constraints('c'),
  tables.CHECKED_CHILDREN,
  attached.UNCHECKED_DOMAINS,
  attached.VIEWS,
  tables.indexesOf('m'),
  tables.constraints('f'),
  tables.COLUMN_SETTINGS,
  tables.INDEX_SETTINGS,
  tables.INDEX_ROLES,
  attached.VIEW_DEFAULTS,
  attached.RULES,
  attached.RULE_STATES,
  attached.TRIGGERS,
  attached.TRIGGER_STATES,
  attached.ROW_SECURITY,
  attached.POLICIES,
  attached.STATISTICS,
  attached.STATISTICS_TARGETS,
  attached.REFRESHES,
  attached.PUBLICATIONS,
  attached.publishedTables(serverVersion),
  ...attached.publishedSchemas(serverVersion),
  COMMENTS,
  // Nothing after them that they could fire at.
  attached.EVENT_TRIGGERS,
  attached.EVENT_TRIGGER_STATES,
  COMMENTS_ON_EVENT_TRIGGERS,
];

/** Every statement that builds the database, for people and for a restore into an empty one; each that belongs to a table says to which. */
export async function readStatements(
  connection: PostgresConnection,
  layouts: readonly TableLayout[],
): Promise<string[]> {
  const captured = new Map(layouts.map((layout) => [layout.label, layout]));
  const statements: string[] = [];
  for (const query of inOrder(connection.serverVersion))
    for (const { sql, table_schema, table_name } of await connection.query<Built>(query)) {
      const label =
        table_schema === null || table_name === null ? null : documentName({ schema: table_schema, name: table_name });
      const layout = query === tables.TABLES && label !== null ? captured.get(label) : undefined;
      if (layout) statements.push(creating(layout, sql));
      else statements.push(label === null ? sql : belongingTo(label, sql));
    }
  return statements;
}

/** What is there and none of the statements builds, in words. */
export async function readLeftOut(connection: PostgresConnection): Promise<string[]> {
  return (await connection.query<{ what: string }>(attached.LEFT_OUT)).map(({ what }) => what);
}
