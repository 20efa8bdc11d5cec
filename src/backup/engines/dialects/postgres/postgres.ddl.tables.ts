import {
  collated,
  IN_NAMESPACE,
  maybe,
  NAMED,
  OF_TABLE,
  USER_TABLES,
  userRelations,
} from './postgres.ddl.statements.js';
import { ADDED_CONSTRAINT, isOfNoExtension, isUserSchema } from './postgres.schema.js';

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

export const SEQUENCES = `SELECT pg_catalog.format('CREATE %sSEQUENCE %s AS %s %s', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' END, ${NAMED}, pg_catalog.format_type(s.seqtypid, NULL), ${SEQUENCE_OPTIONS}) AS sql, ${OF_OWNER}
  ${OWN_SEQUENCES} ORDER BY c.oid`;

export const SEQUENCE_OWNERS = `SELECT pg_catalog.format('ALTER SEQUENCE %s OWNED BY %I.%I.%I', ${NAMED}, tn.nspname, t.relname, a.attname) AS sql, ${OF_OWNER}
  ${OWN_SEQUENCES} AND t.oid IS NOT NULL ORDER BY c.oid`;

const COLUMN = `pg_catalog.concat(pg_catalog.format('  %I %s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)),
  ${collated('a.attcollation', 'a.atttypid')},
  CASE a.attgenerated WHEN 's' THEN pg_catalog.format(' GENERATED ALWAYS AS (%s) STORED', pg_catalog.pg_get_expr(d.adbin, d.adrelid))
    WHEN 'v' THEN pg_catalog.format(' GENERATED ALWAYS AS (%s) VIRTUAL', pg_catalog.pg_get_expr(d.adbin, d.adrelid))
    ELSE ' DEFAULT ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid) END,
  CASE WHEN a.attidentity <> '' THEN (SELECT pg_catalog.format(' GENERATED %s AS IDENTITY (SEQUENCE NAME %I.%I %s)',
      CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, sn.nspname, sc.relname, ${SEQUENCE_OPTIONS})
    FROM pg_catalog.pg_depend sd JOIN pg_catalog.pg_sequence s ON s.seqrelid = sd.objid JOIN pg_catalog.pg_class sc ON sc.oid = s.seqrelid
    JOIN pg_catalog.pg_namespace sn ON sn.oid = sc.relnamespace
    WHERE sd.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND sd.refobjid = a.attrelid AND sd.refobjsubid = a.attnum AND sd.deptype = 'i') END,
  CASE WHEN a.attnotnull THEN ' NOT NULL' END)`;

const OPTIONS = `(SELECT ' WITH (' || pg_catalog.string_agg(option, ', ') || ')' FROM (
    SELECT pg_catalog.unnest(c.reloptions) AS option UNION ALL SELECT 'toast.' || pg_catalog.unnest(x.reloptions) FROM pg_catalog.pg_class x WHERE x.oid = c.reltoastrelid
  ) AS options)`;

/** Inherited columns come from the parent; a partition is made like a table and attached after. */
export const TABLES = `SELECT pg_catalog.concat('CREATE ', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' END, 'TABLE ', ${NAMED}, ' (',
    (SELECT E'\\n' || pg_catalog.string_agg(${COLUMN}, E',\\n' ORDER BY a.attnum) || E'\\n' FROM pg_catalog.pg_attribute a
      LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND (a.attislocal OR c.relispartition)), ')',
    CASE WHEN NOT c.relispartition THEN (SELECT pg_catalog.format(' INHERITS (%s)', pg_catalog.string_agg(pg_catalog.format('%I.%I', pn.nspname, p.relname), ', ' ORDER BY h.inhseqno))
      FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_class p ON p.oid = h.inhparent JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
      WHERE h.inhrelid = c.oid HAVING pg_catalog.count(*) > 0) END,
    ' PARTITION BY ' || pg_catalog.pg_get_partkeydef(c.oid),
    (SELECT ' USING ' || pg_catalog.quote_ident(am.amname) FROM pg_catalog.pg_am am WHERE am.oid = c.relam AND am.amname <> 'heap'), ${OPTIONS}) AS sql, ${OF_TABLE}
  FROM pg_catalog.pg_class c ${IN_NAMESPACE} WHERE ${USER_TABLES} ORDER BY c.oid`;

export const OF_TYPE = `SELECT pg_catalog.format('ALTER TABLE %s OF %I.%I', ${NAMED}, tn.nspname, t.typname) AS sql, ${OF_TABLE}
  FROM pg_catalog.pg_class c ${IN_NAMESPACE} JOIN pg_catalog.pg_type t ON t.oid = c.reloftype JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace WHERE ${USER_TABLES} ORDER BY c.oid`;

const INHERITED = `FROM pg_catalog.pg_class c ${IN_NAMESPACE} JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND NOT a.attislocal
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  CROSS JOIN LATERAL (SELECT pa.attnotnull, pg_catalog.pg_get_expr(pd.adbin, pd.adrelid) AS expression FROM pg_catalog.pg_inherits h
    JOIN pg_catalog.pg_attribute pa ON pa.attrelid = h.inhparent AND pa.attname = a.attname AND NOT pa.attisdropped
    LEFT JOIN pg_catalog.pg_attrdef pd ON pd.adrelid = pa.attrelid AND pd.adnum = pa.attnum WHERE h.inhrelid = c.oid ORDER BY pa.attnotnull DESC, h.inhseqno LIMIT 1) AS p
  WHERE NOT c.relispartition AND a.attgenerated = '' AND ${USER_TABLES}`;
/** What a child has of its own in a column that it inherits. */
export const OWN_IN_INHERITED = `SELECT pg_catalog.concat(pg_catalog.format('ALTER TABLE ONLY %s ALTER COLUMN %I ', ${NAMED}, a.attname),
    coalesce('SET DEFAULT ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid), 'DROP DEFAULT')) AS sql, ${OF_TABLE}
  ${INHERITED} AND pg_catalog.pg_get_expr(d.adbin, d.adrelid) IS DISTINCT FROM p.expression
  UNION ALL SELECT pg_catalog.format('ALTER TABLE ONLY %s ALTER COLUMN %I SET NOT NULL', ${NAMED}, a.attname), ${OF_TABLE} ${INHERITED} AND a.attnotnull AND NOT p.attnotnull`;

/** How columns are kept, and what the planner is told of them. */
export const COLUMN_SETTINGS = `SELECT pg_catalog.format('ALTER TABLE ONLY %s ALTER COLUMN %I %s', ${NAMED}, a.attname, s.setting) AS sql, ${OF_TABLE}
  FROM pg_catalog.pg_class c ${IN_NAMESPACE} JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid CROSS JOIN LATERAL (VALUES
    (CASE WHEN a.attstattarget >= 0 THEN 'SET STATISTICS ' || a.attstattarget END),
    (CASE WHEN a.attstorage <> t.typstorage THEN 'SET STORAGE ' || CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END),
    ('SET COMPRESSION ' || CASE ${maybe('a', 'attcompression')} WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END),
    ('SET (' || pg_catalog.array_to_string(a.attoptions, ', ') || ')')
  ) AS s (setting) WHERE s.setting IS NOT NULL AND ${userRelations('r', 'p', 'm')} ORDER BY c.oid, a.attnum`;

export const INDEX_SETTINGS = `SELECT pg_catalog.format('ALTER INDEX %I.%I ALTER COLUMN %s SET STATISTICS %s', n.nspname, ic.relname, a.attnum, a.attstattarget) AS sql, ${OF_TABLE}
  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid JOIN pg_catalog.pg_class c ON c.oid = i.indrelid ${IN_NAMESPACE}
  JOIN pg_catalog.pg_attribute a ON a.attrelid = ic.oid AND a.attstattarget >= 0 WHERE ${userRelations('r', 'p', 'm')} ORDER BY ic.oid, a.attnum`;

/** Which index orders the table, and what tells its rows apart where changes are published. */
export const INDEX_ROLES = `SELECT pg_catalog.format('ALTER TABLE %s CLUSTER ON %I', ${NAMED}, ic.relname) AS sql, ${OF_TABLE}
  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid JOIN pg_catalog.pg_class c ON c.oid = i.indrelid ${IN_NAMESPACE} WHERE i.indisclustered AND ${userRelations('r', 'p', 'm')}
  UNION ALL SELECT pg_catalog.format('ALTER TABLE ONLY %s REPLICA IDENTITY %s', ${NAMED}, CASE c.relreplident WHEN 'n' THEN 'NOTHING' WHEN 'f' THEN 'FULL'
    ELSE (SELECT pg_catalog.format('USING INDEX %I', ic.relname) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid WHERE i.indrelid = c.oid AND i.indisreplident) END), ${OF_TABLE}
  FROM pg_catalog.pg_class c ${IN_NAMESPACE} WHERE c.relreplident IN ('n', 'f', 'i') AND ${userRelations('r', 'p', 'm')}
    AND (c.relreplident <> 'i' OR EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisreplident))`;

export const PARTITIONS = `SELECT pg_catalog.format('ALTER TABLE ONLY %I.%I ATTACH PARTITION %s %s', pn.nspname, p.relname, ${NAMED}, pg_catalog.pg_get_expr(c.relpartbound, c.oid)) AS sql, ${OF_TABLE}
  FROM pg_catalog.pg_class c ${IN_NAMESPACE} JOIN pg_catalog.pg_inherits h ON h.inhrelid = c.oid JOIN pg_catalog.pg_class p ON p.oid = h.inhparent
  JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace WHERE c.relispartition AND ${USER_TABLES} ORDER BY c.oid`;

const CONSTRAINTS = `FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid ${IN_NAMESPACE}`;

/** Those that rows are checked by one by one, and by those of others. */
export const constraints = (type: 'c' | 'f'): string => `SELECT ${ADDED_CONSTRAINT} AS sql, ${OF_TABLE}
  ${CONSTRAINTS} WHERE k.contype = '${type}' AND k.conparentid = 0 AND k.conislocal AND ${USER_TABLES} ORDER BY k.oid`;

/** Those that an index keeps: of each partition by itself, since only so it has its own name. */
export const KEYS = `SELECT pg_catalog.replace(${ADDED_CONSTRAINT}, 'ALTER TABLE ', 'ALTER TABLE ONLY ') AS sql, ${OF_TABLE}
  ${CONSTRAINTS} WHERE k.contype IN ('p', 'u', 'x') AND ${USER_TABLES} ORDER BY k.oid`;

/** A parent's check that was never checked may have been for one of its children. */
export const CHECKED_CHILDREN = `SELECT pg_catalog.format('ALTER TABLE %s VALIDATE CONSTRAINT %I', ${NAMED}, k.conname) AS sql, ${OF_TABLE}
  ${CONSTRAINTS} WHERE k.contype = 'c' AND k.convalidated AND NOT k.conislocal AND EXISTS (SELECT FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_constraint p ON p.conrelid = h.inhparent
    WHERE h.inhrelid = c.oid AND p.conname = k.conname AND p.contype = 'c' AND NOT p.convalidated) AND ${USER_TABLES} ORDER BY k.oid`;

const INDEXES = `FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid JOIN pg_catalog.pg_class c ON c.oid = i.indrelid ${IN_NAMESPACE}`;
/** An index that is not valid cannot be made, unless it is that of a table whose partitions lack some. */
export const indexesOf = (
  ...kinds: string[]
): string => `SELECT pg_catalog.pg_get_indexdef(i.indexrelid) AS sql, ${OF_TABLE} ${INDEXES}
  WHERE (i.indisvalid OR ic.relkind = 'I') AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
    AND ${userRelations(...kinds)} ORDER BY i.indexrelid`;

export const PARTITIONS_OF_INDEXES = `SELECT pg_catalog.format('ALTER INDEX %I.%I ATTACH PARTITION %I.%I', pn.nspname, p.relname, n.nspname, ic.relname) AS sql, ${OF_TABLE} ${INDEXES}
  JOIN pg_catalog.pg_inherits h ON h.inhrelid = i.indexrelid JOIN pg_catalog.pg_class p ON p.oid = h.inhparent JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
  WHERE ${USER_TABLES} ORDER BY i.indexrelid`;
