import {
  IN_NAMESPACE,
  NAMED,
  objects,
  OF_TABLE,
  own,
  USER_TABLES,
  USER_TYPES,
  userRelations,
} from './postgres.ddl.statements.js';
import { ADDED_TO_DOMAIN, isOfNoExtension } from './postgres.schema.js';

/** Materialized views get their rows when those of the tables are there. */
export const VIEWS =
  objects(`SELECT pg_catalog.concat('CREATE ', CASE c.relkind WHEN 'm' THEN 'MATERIALIZED ' END, 'VIEW ', ${NAMED}, ' WITH (' || pg_catalog.array_to_string(c.reloptions, ', ') || ')',
    ' AS ', pg_catalog.rtrim(pg_catalog.pg_get_viewdef(c.oid), ';'), CASE c.relkind WHEN 'm' THEN ' WITH NO DATA' END) AS sql
  FROM pg_catalog.pg_class c ${IN_NAMESPACE} WHERE ${userRelations('v', 'm')} ORDER BY c.oid`);

export const REFRESHES =
  objects(`SELECT 'REFRESH MATERIALIZED VIEW ' || ${NAMED} AS sql FROM pg_catalog.pg_class c ${IN_NAMESPACE}
  WHERE c.relispopulated AND ${userRelations('m')} ORDER BY c.oid`);

export const VIEW_DEFAULTS =
  objects(`SELECT pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', ${NAMED}, a.attname, pg_catalog.pg_get_expr(d.adbin, d.adrelid)) AS sql
  FROM pg_catalog.pg_attrdef d JOIN pg_catalog.pg_class c ON c.oid = d.adrelid ${IN_NAMESPACE} JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.adnum
  WHERE ${userRelations('v')} ORDER BY c.oid, a.attnum`);

const OF_RULES = `FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class ${IN_NAMESPACE} WHERE r.rulename <> '_RETURN' AND ${userRelations('r', 'p', 'v')}`;
export const RULES = `SELECT pg_catalog.rtrim(pg_catalog.pg_get_ruledef(r.oid), ';') AS sql, ${OF_TABLE} ${OF_RULES} ORDER BY r.oid`;

const STATE = (column: string): string =>
  `CASE ${column} WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END`;
export const RULE_STATES = `SELECT pg_catalog.format('ALTER TABLE %s %s RULE %I', ${NAMED}, ${STATE('r.ev_enabled')}, r.rulename) AS sql, ${OF_TABLE} ${OF_RULES} AND r.ev_enabled <> 'O' ORDER BY r.oid`;

const OF_TRIGGERS = `FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid ${IN_NAMESPACE}`;
export const TRIGGERS = `SELECT pg_catalog.pg_get_triggerdef(t.oid) AS sql, ${OF_TABLE} ${OF_TRIGGERS} WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND ${userRelations('r', 'p', 'v')} ORDER BY t.oid`;

/** A partition's copy of its parent's trigger has a state of its own. */
export const TRIGGER_STATES = `SELECT pg_catalog.format('ALTER TABLE ONLY %s %s TRIGGER %I', ${NAMED}, ${STATE('t.tgenabled')}, t.tgname) AS sql, ${OF_TABLE}
  ${OF_TRIGGERS} WHERE (NOT t.tgisinternal OR (t.tgparentid <> 0 AND t.tgconstraint = 0)) AND t.tgenabled <> 'O' AND ${userRelations('r', 'p', 'v')} ORDER BY t.oid`;

/** Who may see which rows: without these the tables would stand open. */
export const ROW_SECURITY = `SELECT pg_catalog.format('ALTER TABLE %s %s ROW LEVEL SECURITY', ${NAMED}, state.word) AS sql, ${OF_TABLE}
  FROM pg_catalog.pg_class c ${IN_NAMESPACE} CROSS JOIN (VALUES ('ENABLE'), ('FORCE')) AS state (word)
  WHERE CASE state.word WHEN 'ENABLE' THEN c.relrowsecurity ELSE c.relforcerowsecurity END AND ${USER_TABLES} ORDER BY c.oid, state.word`;

export const POLICIES = `SELECT pg_catalog.concat(pg_catalog.format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', p.polname, ${NAMED},
      CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
      CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
      (SELECT pg_catalog.string_agg(coalesce(pg_catalog.quote_ident(o.rolname), 'PUBLIC'), ', ') FROM pg_catalog.unnest(p.polroles) AS u (role) LEFT JOIN pg_catalog.pg_roles o ON o.oid = u.role)),
    ' USING (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')', ' WITH CHECK (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')') AS sql, ${OF_TABLE}
  FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid ${IN_NAMESPACE} WHERE ${USER_TABLES} ORDER BY p.oid`;

const OF_STATISTICS = `FROM pg_catalog.pg_statistic_ext x JOIN pg_catalog.pg_class c ON c.oid = x.stxrelid ${IN_NAMESPACE}`;
export const STATISTICS = `SELECT pg_catalog.pg_get_statisticsobjdef(x.oid) AS sql, ${OF_TABLE} ${OF_STATISTICS} WHERE ${userRelations('r', 'p', 'm')} ORDER BY x.oid`;
export const STATISTICS_TARGETS = `SELECT pg_catalog.format('ALTER STATISTICS %I.%I SET STATISTICS %s', xn.nspname, x.stxname, x.stxstattarget) AS sql, ${OF_TABLE}
  ${OF_STATISTICS} JOIN pg_catalog.pg_namespace xn ON xn.oid = x.stxnamespace WHERE x.stxstattarget >= 0 AND ${userRelations('r', 'p', 'm')} ORDER BY x.oid`;

/** Rows may break them, so they come after the rows where a database is built by hand. */
export const UNCHECKED_DOMAINS =
  objects(`SELECT ${ADDED_TO_DOMAIN} AS sql FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_type t ON t.oid = k.contypid
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE k.contype = 'c' AND NOT k.convalidated AND ${USER_TYPES} ORDER BY k.oid`);

const PUBLICATION_NAMED = `pg_catalog.quote_ident(p.pubname)`;
export const PUBLICATIONS =
  objects(`SELECT pg_catalog.concat('CREATE PUBLICATION ', ${PUBLICATION_NAMED}, CASE WHEN p.puballtables THEN ' FOR ALL TABLES' END, pg_catalog.format(' WITH (publish = %L%s)',
    pg_catalog.concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END, CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END),
    CASE WHEN p.pubviaroot THEN ', publish_via_partition_root = true' END)) AS sql FROM pg_catalog.pg_publication p WHERE ${isOfNoExtension('pg_publication', 'p.oid')} ORDER BY p.oid`);

export const publishedTables = (serverVersion: number): string =>
  objects(`SELECT pg_catalog.concat('ALTER PUBLICATION ', ${PUBLICATION_NAMED}, ' ADD TABLE ONLY ', ${NAMED},
    ${
      serverVersion >= 150_000
        ? `(SELECT pg_catalog.format(' (%s)', pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum)) FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum = ANY (m.prattrs) HAVING pg_catalog.count(*) > 0), ' WHERE (' || pg_catalog.pg_get_expr(m.prqual, m.prrelid) || ')'`
        : 'NULL'
    }) AS sql
  FROM pg_catalog.pg_publication_rel m JOIN pg_catalog.pg_publication p ON p.oid = m.prpubid JOIN pg_catalog.pg_class c ON c.oid = m.prrelid ${IN_NAMESPACE}
  WHERE ${own('pg_class', 'c.oid')} ORDER BY m.oid`);

export const publishedSchemas = (serverVersion: number): string[] =>
  serverVersion < 150_000
    ? []
    : [
        objects(`SELECT pg_catalog.format('ALTER PUBLICATION %I ADD TABLES IN SCHEMA %I', p.pubname, n.nspname) AS sql
  FROM pg_catalog.pg_publication_namespace m JOIN pg_catalog.pg_publication p ON p.oid = m.pnpubid JOIN pg_catalog.pg_namespace n ON n.oid = m.pnnspid ORDER BY m.oid`),
      ];

const OF_EVENT_TRIGGERS = `FROM pg_catalog.pg_event_trigger v JOIN pg_catalog.pg_proc f ON f.oid = v.evtfoid JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace
  WHERE ${isOfNoExtension('pg_event_trigger', 'v.oid')}`;
/** Last of all: they would fire at what comes after. */
export const EVENT_TRIGGERS =
  objects(`SELECT pg_catalog.format('CREATE EVENT TRIGGER %I ON %s%s EXECUTE FUNCTION %I.%I()', v.evtname, v.evtevent,
    (SELECT pg_catalog.format(' WHEN TAG IN (%s)', pg_catalog.string_agg(pg_catalog.quote_literal(tag), ', ')) FROM pg_catalog.unnest(v.evttags) AS tag HAVING pg_catalog.count(*) > 0), n.nspname, f.proname) AS sql
  ${OF_EVENT_TRIGGERS} ORDER BY v.oid`);
export const EVENT_TRIGGER_STATES = objects(
  `SELECT pg_catalog.format('ALTER EVENT TRIGGER %I %s', v.evtname, ${STATE('v.evtenabled')}) AS sql ${OF_EVENT_TRIGGERS} AND v.evtenabled <> 'O' ORDER BY v.oid`,
);

/** What is there and no statement builds: it may hold passwords, or needs more than a database. Of a subscription not even its number may be read by everybody. */
export const LEFT_OUT = `SELECT pg_catalog.format('subscription %I', subname) AS what FROM pg_catalog.pg_subscription
  WHERE subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
  UNION ALL SELECT pg_catalog.format('%s %s', i.type, i.identity) FROM (
    SELECT 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass AS class, oid FROM pg_catalog.pg_foreign_data_wrapper
    UNION ALL SELECT 'pg_catalog.pg_foreign_server'::pg_catalog.regclass, oid FROM pg_catalog.pg_foreign_server
    UNION ALL SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid FROM pg_catalog.pg_class c ${IN_NAMESPACE} WHERE c.relkind = 'f' AND ${own('pg_class', 'c.oid')}
    UNION ALL SELECT 'pg_catalog.pg_language'::pg_catalog.regclass, oid FROM pg_catalog.pg_language WHERE oid >= 16384
    UNION ALL SELECT 'pg_catalog.pg_transform'::pg_catalog.regclass, oid FROM pg_catalog.pg_transform
    UNION ALL SELECT 'pg_catalog.pg_am'::pg_catalog.regclass, oid FROM pg_catalog.pg_am WHERE oid >= 16384
    UNION ALL SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
      WHERE t.typtype = 'b' AND t.typelem = 0 AND t.typisdefined AND ${USER_TYPES}
  ) AS o CROSS JOIN LATERAL pg_catalog.pg_identify_object(o.class, o.oid, 0) AS i
  WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = o.class AND e.objid = o.oid AND e.deptype = 'e') ORDER BY 1`;
