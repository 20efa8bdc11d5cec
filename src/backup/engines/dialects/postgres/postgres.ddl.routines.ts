import { objects, own } from './postgres.ddl.statements.js';
import { isOfNoExtension } from './postgres.schema.js';

/** Not those that come with a type, such as a range's constructors. */
export const FUNCTIONS =
  objects(`SELECT pg_catalog.pg_get_functiondef(f.oid) AS sql FROM pg_catalog.pg_proc f JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace
  WHERE f.prokind <> 'a' AND ${own('pg_proc', 'f.oid')}
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend i WHERE i.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND i.objid = f.oid AND i.deptype = 'i')
  ORDER BY f.oid`);

/** `, WORD = name` of a function, where there is one. */
const calling = (word: string, column: string): string =>
  `CASE WHEN g.${column} <> 0 THEN pg_catalog.format(', ${word} = %s', g.${column}::pg_catalog.regproc) END`;
/** What a final function may do to the state: said where it is not what its kind does anyway. */
const modifying = (word: string, column: string, function_: string): string =>
  `CASE WHEN g.${function_} <> 0 AND g.${column} <> CASE g.aggkind WHEN 'n' THEN 'r' ELSE 'w' END
    THEN ', ${word} = ' || CASE g.${column} WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END`;

export const AGGREGATES =
  objects(`SELECT pg_catalog.concat(pg_catalog.format('CREATE AGGREGATE %I.%I(%s) (SFUNC = %s, STYPE = %s', n.nspname, f.proname,
      coalesce(nullif(pg_catalog.pg_get_function_arguments(f.oid), ''), '*'), g.aggtransfn::pg_catalog.regproc, pg_catalog.format_type(g.aggtranstype, NULL)),
    CASE WHEN g.aggtransspace > 0 THEN ', SSPACE = ' || g.aggtransspace END,
    ${calling('FINALFUNC', 'aggfinalfn')}, CASE WHEN g.aggfinalextra THEN ', FINALFUNC_EXTRA' END, ${modifying('FINALFUNC_MODIFY', 'aggfinalmodify', 'aggfinalfn')},
    ${calling('COMBINEFUNC', 'aggcombinefn')}, ${calling('SERIALFUNC', 'aggserialfn')}, ${calling('DESERIALFUNC', 'aggdeserialfn')},
    ', INITCOND = ' || pg_catalog.quote_literal(g.agginitval),
    ${calling('MSFUNC', 'aggmtransfn')}, ${calling('MINVFUNC', 'aggminvtransfn')},
    CASE WHEN g.aggmtransfn <> 0 THEN ', MSTYPE = ' || pg_catalog.format_type(g.aggmtranstype, NULL) END, CASE WHEN g.aggmtransspace > 0 THEN ', MSSPACE = ' || g.aggmtransspace END,
    ${calling('MFINALFUNC', 'aggmfinalfn')}, CASE WHEN g.aggmfinalextra THEN ', MFINALFUNC_EXTRA' END, ${modifying('MFINALFUNC_MODIFY', 'aggmfinalmodify', 'aggmfinalfn')},
    ', MINITCOND = ' || pg_catalog.quote_literal(g.aggminitval),
    (SELECT pg_catalog.format(', SORTOP = OPERATOR(%I.%s)', sn.nspname, s.oprname) FROM pg_catalog.pg_operator s JOIN pg_catalog.pg_namespace sn ON sn.oid = s.oprnamespace WHERE s.oid = g.aggsortop),
    CASE f.proparallel WHEN 's' THEN ', PARALLEL = SAFE' WHEN 'r' THEN ', PARALLEL = RESTRICTED' END, CASE g.aggkind WHEN 'h' THEN ', HYPOTHETICAL' END, ')') AS sql
  FROM pg_catalog.pg_aggregate g JOIN pg_catalog.pg_proc f ON f.oid = g.aggfnoid JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace
  WHERE ${own('pg_proc', 'f.oid')} ORDER BY f.oid`);

const operator = (column: string): string =>
  `(SELECT pg_catalog.format('OPERATOR(%I.%s)', on_.nspname, x.oprname) FROM pg_catalog.pg_operator x JOIN pg_catalog.pg_namespace on_ ON on_.oid = x.oprnamespace WHERE x.oid = ${column})`;

export const OPERATORS =
  objects(`SELECT pg_catalog.concat(pg_catalog.format('CREATE OPERATOR %I.%s (FUNCTION = %s', n.nspname, o.oprname, o.oprcode),
    CASE WHEN o.oprleft <> 0 THEN ', LEFTARG = ' || pg_catalog.format_type(o.oprleft, NULL) END, CASE WHEN o.oprright <> 0 THEN ', RIGHTARG = ' || pg_catalog.format_type(o.oprright, NULL) END,
    ', COMMUTATOR = ' || ${operator('o.oprcom')}, ', NEGATOR = ' || ${operator('o.oprnegate')},
    CASE WHEN o.oprrest::pg_catalog.oid <> 0 THEN ', RESTRICT = ' || o.oprrest END, CASE WHEN o.oprjoin::pg_catalog.oid <> 0 THEN ', JOIN = ' || o.oprjoin END,
    CASE WHEN o.oprcanhash THEN ', HASHES' END, CASE WHEN o.oprcanmerge THEN ', MERGES' END, ')') AS sql
  FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace WHERE o.oprcode::pg_catalog.oid <> 0 AND ${own('pg_operator', 'o.oid')} ORDER BY o.oid`);

export const OPERATOR_FAMILIES =
  objects(`SELECT pg_catalog.format('CREATE OPERATOR FAMILY %I.%I USING %I', n.nspname, o.opfname, am.amname) AS sql
  FROM pg_catalog.pg_opfamily o JOIN pg_catalog.pg_namespace n ON n.oid = o.opfnamespace JOIN pg_catalog.pg_am am ON am.oid = o.opfmethod WHERE ${own('pg_opfamily', 'o.oid')} ORDER BY o.oid`);

/** What stands in a class is bound to it; the rest of a family stands in the family. */
const inClass = (catalog: string, member: string, method: string): string =>
  `EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass AND d.objid = ${member} AND d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass AND d.deptype = 'i'${method})`;
const OPERATOR_ITEM = `pg_catalog.format('OPERATOR %s %s%s', m.amopstrategy, m.amopopr::pg_catalog.regoperator,
  (SELECT pg_catalog.format(' FOR ORDER BY %I.%I', sn.nspname, s.opfname) FROM pg_catalog.pg_opfamily s JOIN pg_catalog.pg_namespace sn ON sn.oid = s.opfnamespace WHERE s.oid = m.amopsortfamily))`;
const FUNCTION_ITEM = `pg_catalog.format('FUNCTION %s (%s, %s) %s', p.amprocnum, pg_catalog.format_type(p.amproclefttype, NULL), pg_catalog.format_type(p.amprocrighttype, NULL), p.amproc::pg_catalog.regprocedure)`;

export const OPERATOR_CLASSES =
  objects(`SELECT pg_catalog.format('CREATE OPERATOR CLASS %I.%I%s FOR TYPE %s USING %I FAMILY %I.%I AS %s', n.nspname, o.opcname,
    CASE WHEN o.opcdefault THEN ' DEFAULT' END, pg_catalog.format_type(o.opcintype, NULL), am.amname, fn.nspname, f.opfname, (SELECT pg_catalog.string_agg(item, ', ') FROM (
      SELECT ${OPERATOR_ITEM} AS item FROM pg_catalog.pg_amop m WHERE ${inClass('pg_amop', 'm.oid', ' AND d.refobjid = o.oid')}
      UNION ALL SELECT ${FUNCTION_ITEM} FROM pg_catalog.pg_amproc p WHERE ${inClass('pg_amproc', 'p.oid', ' AND d.refobjid = o.oid')}
      UNION ALL SELECT 'STORAGE ' || pg_catalog.format_type(CASE o.opckeytype WHEN 0 THEN o.opcintype ELSE o.opckeytype END, NULL)
        WHERE o.opckeytype <> 0 OR NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass AND d.refobjid = o.oid AND d.deptype = 'i')) AS items)) AS sql
  FROM pg_catalog.pg_opclass o JOIN pg_catalog.pg_namespace n ON n.oid = o.opcnamespace JOIN pg_catalog.pg_am am ON am.oid = o.opcmethod
  JOIN pg_catalog.pg_opfamily f ON f.oid = o.opcfamily JOIN pg_catalog.pg_namespace fn ON fn.oid = f.opfnamespace WHERE ${own('pg_opclass', 'o.oid')} ORDER BY o.oid`);

export const LOOSE_OF_FAMILIES =
  objects(`SELECT pg_catalog.format('ALTER OPERATOR FAMILY %I.%I USING %I ADD %s', n.nspname, o.opfname, am.amname, i.item) AS sql
  FROM pg_catalog.pg_opfamily o JOIN pg_catalog.pg_namespace n ON n.oid = o.opfnamespace JOIN pg_catalog.pg_am am ON am.oid = o.opfmethod CROSS JOIN LATERAL (
    SELECT ${OPERATOR_ITEM} AS item FROM pg_catalog.pg_amop m WHERE m.amopfamily = o.oid AND NOT ${inClass('pg_amop', 'm.oid', '')} AND ${isOfNoExtension('pg_amop', 'm.oid')}
    UNION ALL SELECT ${FUNCTION_ITEM} FROM pg_catalog.pg_amproc p WHERE p.amprocfamily = o.oid AND NOT ${inClass('pg_amproc', 'p.oid', '')} AND ${isOfNoExtension('pg_amproc', 'p.oid')}
  ) AS i WHERE ${own('pg_opfamily', 'o.oid')} ORDER BY o.oid, i.item`);

/** Not those that come with a range. */
export const CASTS =
  objects(`SELECT pg_catalog.format('CREATE CAST (%s AS %s) %s%s', pg_catalog.format_type(t.castsource, NULL), pg_catalog.format_type(t.casttarget, NULL),
    CASE t.castmethod WHEN 'f' THEN 'WITH FUNCTION ' || t.castfunc::pg_catalog.regprocedure WHEN 'i' THEN 'WITH INOUT' ELSE 'WITHOUT FUNCTION' END,
    CASE t.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' END) AS sql
  FROM pg_catalog.pg_cast t WHERE t.oid >= 16384 AND ${isOfNoExtension('pg_cast', 't.oid')}
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend i WHERE i.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass AND i.objid = t.oid AND i.deptype = 'i') ORDER BY t.oid`);

export const CONVERSIONS =
  objects(`SELECT pg_catalog.format('CREATE %sCONVERSION %I.%I FOR %L TO %L FROM %s', CASE WHEN v.condefault THEN 'DEFAULT ' END, n.nspname, v.conname,
    pg_catalog.pg_encoding_to_char(v.conforencoding), pg_catalog.pg_encoding_to_char(v.contoencoding), v.conproc) AS sql
  FROM pg_catalog.pg_conversion v JOIN pg_catalog.pg_namespace n ON n.oid = v.connamespace WHERE ${own('pg_conversion', 'v.oid')} ORDER BY v.oid`);
