import { objects, own } from './postgres.ddl.statements.js';

const reading = (word: string, column: string): string =>
  `CASE WHEN p.${column}::pg_catalog.oid <> 0 THEN pg_catalog.format(', ${word} = %s', p.${column}) END`;

export const PARSERS =
  objects(`SELECT pg_catalog.concat(pg_catalog.format('CREATE TEXT SEARCH PARSER %I.%I (START = %s, GETTOKEN = %s, END = %s', n.nspname, p.prsname, p.prsstart, p.prstoken, p.prsend),
    ${reading('HEADLINE', 'prsheadline')}, pg_catalog.format(', LEXTYPES = %s)', p.prslextype)) AS sql
  FROM pg_catalog.pg_ts_parser p JOIN pg_catalog.pg_namespace n ON n.oid = p.prsnamespace WHERE ${own('pg_ts_parser', 'p.oid')} ORDER BY p.oid`);

export const TEMPLATES =
  objects(`SELECT pg_catalog.concat(pg_catalog.format('CREATE TEXT SEARCH TEMPLATE %I.%I (LEXIZE = %s', n.nspname, p.tmplname, p.tmpllexize), ${reading('INIT', 'tmplinit')}, ')') AS sql
  FROM pg_catalog.pg_ts_template p JOIN pg_catalog.pg_namespace n ON n.oid = p.tmplnamespace WHERE ${own('pg_ts_template', 'p.oid')} ORDER BY p.oid`);

export const DICTIONARIES =
  objects(`SELECT pg_catalog.format('CREATE TEXT SEARCH DICTIONARY %I.%I (TEMPLATE = %I.%I%s)', n.nspname, d.dictname, tn.nspname, t.tmplname, ', ' || d.dictinitoption) AS sql
  FROM pg_catalog.pg_ts_dict d JOIN pg_catalog.pg_namespace n ON n.oid = d.dictnamespace JOIN pg_catalog.pg_ts_template t ON t.oid = d.dicttemplate
  JOIN pg_catalog.pg_namespace tn ON tn.oid = t.tmplnamespace WHERE ${own('pg_ts_dict', 'd.oid')} ORDER BY d.oid`);

const OF_CONFIGURATIONS = `FROM pg_catalog.pg_ts_config f JOIN pg_catalog.pg_namespace n ON n.oid = f.cfgnamespace`;
const MAPPING = `SELECT pg_catalog.format('ALTER TEXT SEARCH CONFIGURATION %I.%I ADD MAPPING FOR %I WITH %s', n.nspname, f.cfgname, k.alias,
    (SELECT pg_catalog.string_agg(pg_catalog.format('%I.%I', dn.nspname, d.dictname), ', ' ORDER BY m.mapseqno) FROM pg_catalog.pg_ts_config_map m JOIN pg_catalog.pg_ts_dict d ON d.oid = m.mapdict
      JOIN pg_catalog.pg_namespace dn ON dn.oid = d.dictnamespace WHERE m.mapcfg = f.oid AND m.maptokentype = k.tokid)) AS sql
  ${OF_CONFIGURATIONS} CROSS JOIN LATERAL pg_catalog.ts_token_type(f.cfgparser) AS k
  WHERE EXISTS (SELECT FROM pg_catalog.pg_ts_config_map m WHERE m.mapcfg = f.oid AND m.maptokentype = k.tokid) AND ${own('pg_ts_config', 'f.oid')} ORDER BY f.oid, k.tokid`;

export const CONFIGURATIONS =
  objects(`SELECT pg_catalog.format('CREATE TEXT SEARCH CONFIGURATION %I.%I (PARSER = %I.%I)', n.nspname, f.cfgname, pn.nspname, p.prsname) AS sql
  ${OF_CONFIGURATIONS} JOIN pg_catalog.pg_ts_parser p ON p.oid = f.cfgparser JOIN pg_catalog.pg_namespace pn ON pn.oid = p.prsnamespace WHERE ${own('pg_ts_config', 'f.oid')} ORDER BY f.oid`);

export const MAPPINGS = objects(MAPPING);
