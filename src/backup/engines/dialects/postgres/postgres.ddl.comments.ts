import { objects } from './postgres.ddl.statements.js';

/** What `COMMENT ON` calls a kind of object that `pg_identify_object` calls by another name. An aggregate's identity is that of any routine. */
const KIND = `CASE WHEN i.type ~ ' column$' THEN 'COLUMN' WHEN i.type ~ ' constraint$' THEN 'CONSTRAINT' WHEN i.type = 'statistics object' THEN 'STATISTICS'
  WHEN i.type = 'aggregate' THEN 'ROUTINE' WHEN i.type = 'composite type' THEN 'TYPE' ELSE pg_catalog.upper(i.type) END`;

/** A constraint's identity is `name on owner`. The name may have ` on ` in it, the owner stands last. */
const IDENTITY = `CASE i.type WHEN 'domain constraint' THEN (SELECT pg_catalog.format('%I ON DOMAIN %I.%I', k.conname, n.nspname, t.typname) FROM pg_catalog.pg_constraint k
    JOIN pg_catalog.pg_type t ON t.oid = k.contypid JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE k.oid = d.objoid) ELSE i.identity END`;

/** What is only here because an extension or a new database brings it. */
const COMES_ANYWAY = `EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = d.classoid AND e.objid = d.objoid AND e.deptype = 'e')
  OR (i.type = 'schema' AND i.identity = 'public' AND d.description = 'standard public schema')
  OR (i.type = 'language' AND i.identity = 'plpgsql')
  OR (i.type = 'extension' AND EXISTS (SELECT FROM pg_catalog.pg_extension x JOIN pg_catalog.pg_available_extensions v ON v.name = x.extname WHERE x.oid = d.objoid AND v.comment = d.description))
  OR (i.schema IS NOT NULL AND (i.schema ~ '^pg_' OR i.schema = 'information_schema'))`;

const comments = (types: string): string =>
  objects(`SELECT pg_catalog.format('COMMENT ON %s %s IS %L', ${KIND}, ${IDENTITY}, d.description) AS sql
  FROM pg_catalog.pg_description d CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) AS i
  WHERE (d.objoid >= 16384 OR (i.type = 'schema' AND i.identity = 'public')) AND ${types} AND NOT (${COMES_ANYWAY}) ORDER BY d.objoid, d.objsubid`);

/** On everything that can have one; of what no statement builds, none. */
export const COMMENTS = comments(
  `i.type !~ 'foreign|server|subscription|language|transform|access method|event trigger'`,
);
export const COMMENTS_ON_EVENT_TRIGGERS = comments(`i.type = 'event trigger'`);
