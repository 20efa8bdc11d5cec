import { collated, maybe, objects, own, USER_TYPES } from './postgres.ddl.statements.js';
import { isOfNoExtension, isUserSchema } from './postgres.schema.js';

export const SCHEMAS =
  objects(`SELECT pg_catalog.format('CREATE SCHEMA %I', n.nspname) AS sql FROM pg_catalog.pg_namespace n
  WHERE ${isUserSchema('n')} AND n.nspname <> 'public' AND ${isOfNoExtension('pg_namespace', 'n.oid')} ORDER BY n.nspname`);

export const EXTENSIONS =
  objects(`SELECT pg_catalog.format('CREATE EXTENSION IF NOT EXISTS %I WITH SCHEMA %I', x.extname, n.nspname) AS sql
  FROM pg_catalog.pg_extension x JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace WHERE x.extname <> 'plpgsql' ORDER BY x.oid`);

const LOCALE = `coalesce(${maybe('l', 'colllocale')}, ${maybe('l', 'colliculocale')}, l.collcollate::pg_catalog.text)`;
export const COLLATIONS =
  objects(`SELECT pg_catalog.concat(pg_catalog.format('CREATE COLLATION %I.%I (PROVIDER = %s', n.nspname, l.collname,
      CASE l.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END),
    CASE WHEN l.collprovider = 'c' AND l.collcollate <> l.collctype THEN pg_catalog.format(', LC_COLLATE = %L, LC_CTYPE = %L', l.collcollate, l.collctype)
      ELSE pg_catalog.format(', LOCALE = %L', ${LOCALE}) END,
    CASE WHEN NOT l.collisdeterministic THEN ', DETERMINISTIC = false' END, ', RULES = ' || pg_catalog.quote_literal(${maybe('l', 'collicurules')}), ')') AS sql
  FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace n ON n.oid = l.collnamespace WHERE ${own('pg_collation', 'l.oid')} ORDER BY l.oid`);

export const ENUMS = objects(`SELECT pg_catalog.format('CREATE TYPE %I.%I AS ENUM (%s)', n.nspname, t.typname,
    (SELECT pg_catalog.string_agg(pg_catalog.quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_catalog.pg_enum WHERE enumtypid = t.oid)) AS sql
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'e' AND ${USER_TYPES} ORDER BY t.oid`);

const RANGE = `(SELECT pg_catalog.concat(pg_catalog.format('CREATE TYPE %I.%I AS RANGE (SUBTYPE = %s', n.nspname, t.typname, pg_catalog.format_type(g.rngsubtype, NULL)),
    (SELECT CASE WHEN NOT oc.opcdefault THEN pg_catalog.format(', SUBTYPE_OPCLASS = %I.%I', on_.nspname, oc.opcname) END
      FROM pg_catalog.pg_opclass oc JOIN pg_catalog.pg_namespace on_ ON on_.oid = oc.opcnamespace WHERE oc.oid = g.rngsubopc),
    pg_catalog.replace(${collated('g.rngcollation', 'g.rngsubtype')}, ' COLLATE ', ', COLLATION = '),
    CASE WHEN g.rngcanonical <> 0 THEN ', CANONICAL = ' || g.rngcanonical::pg_catalog.regproc END,
    CASE WHEN g.rngsubdiff <> 0 THEN ', SUBTYPE_DIFF = ' || g.rngsubdiff::pg_catalog.regproc END,
    (SELECT pg_catalog.format(', MULTIRANGE_TYPE_NAME = %I.%I', mn.nspname, m.typname) FROM pg_catalog.pg_type m JOIN pg_catalog.pg_namespace mn ON mn.oid = m.typnamespace
      WHERE m.oid = ${maybe('g', 'rngmultitypid')}::pg_catalog.oid), ')')
  FROM pg_catalog.pg_range g WHERE g.rngtypid = t.oid)`;

/** Domains, composites and ranges may be made of each other, so they come in the order in which they were created. */
export const TYPES = objects(`SELECT CASE t.typtype
    WHEN 'c' THEN pg_catalog.format('CREATE TYPE %I.%I AS (%s)', n.nspname, t.typname, (SELECT pg_catalog.string_agg(
        pg_catalog.format('%I %s%s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), ${collated('a.attcollation', 'a.atttypid')}), ', ' ORDER BY a.attnum)
      FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
    WHEN 'r' THEN ${RANGE}
    ELSE pg_catalog.format('CREATE DOMAIN %I.%I AS %s%s%s%s%s', n.nspname, t.typname, pg_catalog.format_type(t.typbasetype, t.typtypmod),
      ${collated('t.typcollation', 't.typbasetype')},
      ' DEFAULT ' || t.typdefault, CASE WHEN t.typnotnull THEN ' NOT NULL' END,
      (SELECT pg_catalog.string_agg(pg_catalog.format(' CONSTRAINT %I %s', k.conname, pg_catalog.pg_get_constraintdef(k.oid)), '' ORDER BY k.conname)
        FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c' AND k.convalidated)) END AS sql
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_catalog.pg_class r ON r.oid = t.typrelid
  WHERE (t.typtype IN ('d', 'r') OR (t.typtype = 'c' AND r.relkind = 'c')) AND ${USER_TYPES} ORDER BY t.oid`);
