import type { PostgresConnection } from './postgres.connection.js';
import { COMMENTS } from './postgres.ddl.comments.js';
import { objects } from './postgres.ddl.statements.js';
import { documentName } from './postgres.names.js';
import {
  ADDED_CONSTRAINT,
  ADDED_TO_DOMAIN,
  isOfNoExtension,
  isUserSchema,
  type TableLayout,
} from './postgres.schema.js';
import { belongingTo, creating } from './postgres.statement-head.js';

/** A statement, and the table it builds or belongs to. */
interface Built {
  sql: string;
  table_schema: string | null;
  table_name: string | null;
}

const NAMED = `pg_catalog.format('%I.%I', n.nspname, c.relname)`;
const OF_TABLE = `CASE WHEN c.relkind IN ('r', 'p') THEN n.nspname::pg_catalog.text END AS table_schema, c.relname::pg_catalog.text AS table_name`;
const USER_TABLES = `c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND ${isUserSchema('n')} AND ${isOfNoExtension('pg_class', 'c.oid')}`;
const IN_NAMESPACE = `JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`;
const USER_TYPES = `${isUserSchema('n')} AND ${isOfNoExtension('pg_type', 't.oid')}`;

const SCHEMAS = objects(`SELECT pg_catalog.format('CREATE SCHEMA %I', n.nspname) AS sql FROM pg_catalog.pg_namespace n
  WHERE ${isUserSchema('n')} AND n.nspname <> 'public' AND ${isOfNoExtension('pg_namespace', 'n.oid')} ORDER BY n.nspname`);

const EXTENSIONS =
  objects(`SELECT pg_catalog.format('CREATE EXTENSION IF NOT EXISTS %I WITH SCHEMA %I', x.extname, n.nspname) AS sql
  FROM pg_catalog.pg_extension x JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace WHERE x.extname <> 'plpgsql' ORDER BY x.oid`);

const ENUMS = objects(`SELECT pg_catalog.format('CREATE TYPE %I.%I AS ENUM (%s)', n.nspname, t.typname,
    (SELECT pg_catalog.string_agg(pg_catalog.quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_catalog.pg_enum WHERE enumtypid = t.oid)) AS sql
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'e' AND ${USER_TYPES} ORDER BY t.oid`);

/** Domains, composites and ranges may be made of each other, so they come in the order in which they were created. */
const TYPES = objects(`SELECT CASE t.typtype
    WHEN 'c' THEN pg_catalog.format('CREATE TYPE %I.%I AS (%s)', n.nspname, t.typname, (SELECT pg_catalog.string_agg(
        pg_catalog.format('%I %s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum)
      FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
    WHEN 'r' THEN pg_catalog.format('CREATE TYPE %I.%I AS RANGE (SUBTYPE = %s%s)', n.nspname, t.typname,
      (SELECT pg_catalog.format_type(rngsubtype, NULL) FROM pg_catalog.pg_range WHERE rngtypid = t.oid),
      (SELECT CASE WHEN rngsubdiff <> 0 THEN ', SUBTYPE_DIFF = ' || rngsubdiff::pg_catalog.regproc END FROM pg_catalog.pg_range WHERE rngtypid = t.oid))
    ELSE pg_catalog.format('CREATE DOMAIN %I.%I AS %s%s%s%s%s', n.nspname, t.typname, pg_catalog.format_type(t.typbasetype, t.typtypmod),
      (SELECT pg_catalog.format(' COLLATE %I.%I', ln.nspname, l.collname) FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace
        WHERE l.oid = t.typcollation AND l.collname <> 'default'),
      ' DEFAULT ' || t.typdefault, CASE WHEN t.typnotnull THEN ' NOT NULL' END,
      (SELECT pg_catalog.string_agg(pg_catalog.format(' CONSTRAINT %I %s', k.conname, pg_catalog.pg_get_constraintdef(k.oid)), '' ORDER BY k.conname)
        FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c' AND k.convalidated)) END AS sql
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_catalog.pg_class r ON r.oid = t.typrelid
  WHERE (t.typtype IN ('d', 'r') OR (t.typtype = 'c' AND r.relkind = 'c')) AND ${USER_TYPES} ORDER BY t.oid`);

/** Rows may break them, so they come after the rows where a database is built by hand. */
const UNCHECKED_DOMAINS =
  objects(`SELECT ${ADDED_TO_DOMAIN} AS sql FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_type t ON t.oid = k.contypid
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE k.contype = 'c' AND NOT k.convalidated AND ${USER_TYPES} ORDER BY k.oid`);

/** Not those that come with a type, such as a range's constructors. */
const FUNCTIONS =
  objects(`SELECT pg_catalog.pg_get_functiondef(f.oid) AS sql FROM pg_catalog.pg_proc f JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace
  WHERE f.prokind <> 'a' AND ${isUserSchema('n')} AND ${isOfNoExtension('pg_proc', 'f.oid')}
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend i WHERE i.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND i.objid = f.oid AND i.deptype = 'i')
  ORDER BY f.oid`);

/** Those of identity columns come with their columns. */
const OWN_SEQUENCES = `FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid ${IN_NAMESPACE}
  LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
  LEFT JOIN pg_catalog.pg_class t ON t.oid = d.refobjid LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
  WHERE c.relpersistence <> 't' AND ${isUserSchema('n')} AND ${isOfNoExtension('pg_class', 'c.oid')} AND d.deptype IS DISTINCT FROM 'i'`;
const OF_OWNER = `tn.nspname::pg_catalog.text AS table_schema, t.relname::pg_catalog.text AS table_name`;

const SEQUENCE_OPTIONS = `pg_catalog.format('INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s%s', s.seqincrement, s.seqmin, s.seqmax, s.seqstart, s.seqcache,
  CASE WHEN s.seqcycle THEN ' CYCLE' END)`;

const SEQUENCES = `SELECT pg_catalog.format('CREATE SEQUENCE %s AS %s %s', ${NAMED}, pg_catalog.format_type(s.seqtypid, NULL), ${SEQUENCE_OPTIONS}) AS sql, ${OF_OWNER}
  ${OWN_SEQUENCES} ORDER BY c.oid`;

const SEQUENCE_OWNERS = `SELECT pg_catalog.format('ALTER SEQUENCE %s OWNED BY %I.%I.%I', ${NAMED}, tn.nspname, t.relname, a.attname) AS sql, ${OF_OWNER}
  ${OWN_SEQUENCES} AND t.oid IS NOT NULL ORDER BY c.oid`;

const COLUMN = `pg_catalog.concat(pg_catalog.format('  %I %s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)),
  (SELECT pg_catalog.format(' COLLATE %I.%I', ln.nspname, l.collname) FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace
    WHERE l.oid = a.attcollation AND a.attcollation <> (SELECT typcollation FROM pg_catalog.pg_type WHERE oid = a.atttypid)),
  CASE a.attgenerated WHEN 's' THEN pg_catalog.format(' GENERATED ALWAYS AS (%s) STORED', pg_catalog.pg_get_expr(d.adbin, d.adrelid))
    WHEN 'v' THEN pg_catalog.format(' GENERATED ALWAYS AS (%s) VIRTUAL', pg_catalog.pg_get_expr(d.adbin, d.adrelid))
    ELSE ' DEFAULT ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid) END,
  CASE WHEN a.attidentity <> '' THEN (SELECT pg_catalog.format(' GENERATED %s AS IDENTITY (SEQUENCE NAME %I.%I %s)',
      CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, sn.nspname, sc.relname, ${SEQUENCE_OPTIONS})
    FROM pg_catalog.pg_depend sd JOIN pg_catalog.pg_sequence s ON s.seqrelid = sd.objid JOIN pg_catalog.pg_class sc ON sc.oid = s.seqrelid
    JOIN pg_catalog.pg_namespace sn ON sn.oid = sc.relnamespace
    WHERE sd.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND sd.refobjid = a.attrelid AND sd.refobjsubid = a.attnum AND sd.deptype = 'i') END,
  CASE WHEN a.attnotnull THEN ' NOT NULL' END)`;

/** Inherited columns come from the parent; a partition is made like a table and attached after. */
const TABLES = `SELECT pg_catalog.concat('CREATE ', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' END, 'TABLE ', ${NAMED}, ' (',
    (SELECT E'\\n' || pg_catalog.string_agg(${COLUMN}, E',\\n' ORDER BY a.attnum) || E'\\n' FROM pg_catalog.pg_attribute a
      LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND (a.attislocal OR c.relispartition)), ')',
    CASE WHEN NOT c.relispartition THEN (SELECT pg_catalog.format(' INHERITS (%s)', pg_catalog.string_agg(pg_catalog.format('%I.%I', pn.nspname, p.relname), ', ' ORDER BY h.inhseqno))
      FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_class p ON p.oid = h.inhparent JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
      WHERE h.inhrelid = c.oid HAVING pg_catalog.count(*) > 0) END,
    ' PARTITION BY ' || pg_catalog.pg_get_partkeydef(c.oid), ' WITH (' || pg_catalog.array_to_string(c.reloptions, ', ') || ')') AS sql, ${OF_TABLE}
  FROM pg_catalog.pg_class c ${IN_NAMESPACE} WHERE ${USER_TABLES} ORDER BY c.oid`;

const PARTITIONS = `SELECT pg_catalog.format('ALTER TABLE ONLY %I.%I ATTACH PARTITION %s %s', pn.nspname, p.relname, ${NAMED}, pg_catalog.pg_get_expr(c.relpartbound, c.oid)) AS sql, ${OF_TABLE}
  FROM pg_catalog.pg_class c ${IN_NAMESPACE} JOIN pg_catalog.pg_inherits h ON h.inhrelid = c.oid JOIN pg_catalog.pg_class p ON p.oid = h.inhparent
  JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace WHERE c.relispartition AND ${USER_TABLES} ORDER BY c.oid`;

const constraints = (types: string): string =>
  `SELECT ${ADDED_CONSTRAINT} AS sql, ${OF_TABLE}
  FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid ${IN_NAMESPACE}
  WHERE k.contype IN (${types}) AND k.conparentid = 0 AND k.conislocal AND ${USER_TABLES} ORDER BY k.oid`;

/** A parent's check that was never checked may have been for one of its children. */
const CHECKED_CHILDREN = `SELECT pg_catalog.format('ALTER TABLE %s VALIDATE CONSTRAINT %I', ${NAMED}, k.conname) AS sql, ${OF_TABLE}
  FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid ${IN_NAMESPACE}
  WHERE k.contype = 'c' AND k.convalidated AND NOT k.conislocal AND EXISTS (SELECT FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_constraint p ON p.conrelid = h.inhparent
    WHERE h.inhrelid = c.oid AND p.conname = k.conname AND p.contype = 'c' AND NOT p.convalidated) AND ${USER_TABLES} ORDER BY k.oid`;

const RELATIONS_WITH_INDEXES = USER_TABLES.replace(`'p')`, `'p', 'm')`);
const INDEXES = `SELECT pg_catalog.regexp_replace(pg_catalog.pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') AS sql, ${OF_TABLE}
  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid ${IN_NAMESPACE}
  JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
  WHERE (i.indisvalid OR ic.relkind = 'I') AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = i.indexrelid) AND ${RELATIONS_WITH_INDEXES} ORDER BY i.indexrelid`;

const VIEWS =
  objects(`SELECT pg_catalog.concat('CREATE ', CASE c.relkind WHEN 'm' THEN 'MATERIALIZED ' END, 'VIEW ', ${NAMED}, ' WITH (' || pg_catalog.array_to_string(c.reloptions, ', ') || ')',
    ' AS ', pg_catalog.rtrim(pg_catalog.pg_get_viewdef(c.oid), ';'), CASE WHEN NOT c.relispopulated THEN ' WITH NO DATA' END) AS sql
  FROM pg_catalog.pg_class c ${IN_NAMESPACE}
  WHERE c.relkind IN ('v', 'm') AND c.relpersistence <> 't' AND ${isUserSchema('n')} AND ${isOfNoExtension('pg_class', 'c.oid')} ORDER BY c.oid`);

const RULES = `SELECT pg_catalog.rtrim(pg_catalog.pg_get_ruledef(r.oid), ';') AS sql, ${OF_TABLE}
  FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class ${IN_NAMESPACE} WHERE r.rulename <> '_RETURN' AND ${USER_TABLES} ORDER BY r.oid`;

const TRIGGERS = `SELECT pg_catalog.pg_get_triggerdef(t.oid) AS sql, ${OF_TABLE} FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid ${IN_NAMESPACE}
  WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND ${USER_TABLES.replace(`'p')`, `'p', 'v')`)} ORDER BY t.oid`;

const TRIGGER_STATES = `SELECT pg_catalog.format('ALTER TABLE %s %s TRIGGER %I', ${NAMED},
    CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, t.tgname) AS sql, ${OF_TABLE}
  FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid ${IN_NAMESPACE} WHERE NOT t.tgisinternal AND t.tgenabled <> 'O' AND ${USER_TABLES} ORDER BY t.oid`;

/** Who may see which rows: without these the tables would stand open. */
const ROW_SECURITY = `SELECT pg_catalog.format('ALTER TABLE %s %s ROW LEVEL SECURITY', ${NAMED}, state.word) AS sql, ${OF_TABLE}
  FROM pg_catalog.pg_class c ${IN_NAMESPACE} CROSS JOIN (VALUES ('ENABLE'), ('FORCE')) AS state (word)
  WHERE CASE state.word WHEN 'ENABLE' THEN c.relrowsecurity ELSE c.relforcerowsecurity END AND ${USER_TABLES} ORDER BY c.oid, state.word`;

const POLICIES = `SELECT pg_catalog.concat(pg_catalog.format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', p.polname, ${NAMED},
      CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
      CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
      (SELECT pg_catalog.string_agg(coalesce(pg_catalog.quote_ident(o.rolname), 'PUBLIC'), ', ') FROM pg_catalog.unnest(p.polroles) AS u (role) LEFT JOIN pg_catalog.pg_roles o ON o.oid = u.role)),
    ' USING (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')', ' WITH CHECK (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')') AS sql, ${OF_TABLE}
  FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid ${IN_NAMESPACE} WHERE ${USER_TABLES} ORDER BY p.oid`;

const STATISTICS = `SELECT pg_catalog.pg_get_statisticsobjdef(x.oid) AS sql, ${OF_TABLE} FROM pg_catalog.pg_statistic_ext x JOIN pg_catalog.pg_class c ON c.oid = x.stxrelid ${IN_NAMESPACE}
  WHERE ${USER_TABLES} ORDER BY x.oid`;

const BEFORE_TABLES = [SCHEMAS, EXTENSIONS, ENUMS, TYPES, SEQUENCES, FUNCTIONS];
const AFTER_TABLES = [
  SEQUENCE_OWNERS,
  PARTITIONS,
  constraints(`'c', 'p', 'u', 'x'`),
  CHECKED_CHILDREN,
  UNCHECKED_DOMAINS,
  VIEWS,
  INDEXES,
  constraints(`'f'`),
  RULES,
  TRIGGERS,
  TRIGGER_STATES,
  ROW_SECURITY,
  POLICIES,
  STATISTICS,
  COMMENTS,
];

/** Every statement that builds the database, for people and for a restore into an empty one; each that belongs to a table says to which. */
export async function readStatements(
  connection: PostgresConnection,
  layouts: readonly TableLayout[],
): Promise<string[]> {
  const captured = new Map(layouts.map((layout) => [layout.label, layout]));
  const statements: string[] = [];
  for (const query of [...BEFORE_TABLES, TABLES, ...AFTER_TABLES])
    for (const { sql, table_schema, table_name } of await connection.query<Built>(query)) {
      const label =
        table_schema === null || table_name === null ? null : documentName({ schema: table_schema, name: table_name });
      const layout = query === TABLES && label !== null ? captured.get(label) : undefined;
      if (layout) statements.push(creating(layout, sql));
      else statements.push(label === null ? sql : belongingTo(label, sql));
    }
  return statements;
}
