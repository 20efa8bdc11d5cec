-- What a server itself can say of a database, for a comparison of before and after: for psql, where pg_dump is older than the server and refuses it.
SET search_path = '';
SET extra_float_digits = 1;
SET TimeZone = 'UTC';
\set of_users 'SELECT oid FROM pg_catalog.pg_namespace WHERE nspname !~ ''^pg_'' AND nspname <> ''information_schema'''
SELECT 'extension', extname, extversion FROM pg_catalog.pg_extension ORDER BY 2;
SELECT 'schema', nspname, nspacl FROM pg_catalog.pg_namespace WHERE oid IN (:of_users) ORDER BY 2;
SELECT 'column', c.oid::pg_catalog.regclass, c.relkind, c.relpersistence, c.reloptions, c.relrowsecurity, c.relreplident, c.relispopulated, a.attname,
    pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attcollation::pg_catalog.regcollation, a.attacl,
    pg_catalog.pg_get_expr(d.adbin, d.adrelid)
  FROM pg_catalog.pg_class c
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE c.relnamespace IN (:of_users) ORDER BY c.oid::pg_catalog.regclass::pg_catalog.text, a.attnum;
SELECT 'constraint', conrelid::pg_catalog.regclass, contypid::pg_catalog.regtype, conname, convalidated, pg_catalog.pg_get_constraintdef(oid)
  FROM pg_catalog.pg_constraint WHERE connamespace IN (:of_users) ORDER BY conrelid::pg_catalog.regclass::pg_catalog.text, conname;
SELECT 'index', pg_catalog.pg_get_indexdef(indexrelid), indisvalid, indisclustered, indisreplident
  FROM pg_catalog.pg_index JOIN pg_catalog.pg_class c ON c.oid = indexrelid WHERE c.relnamespace IN (:of_users) ORDER BY 2;
SELECT 'trigger', tgrelid::pg_catalog.regclass, pg_catalog.pg_get_triggerdef(oid), tgenabled
  FROM pg_catalog.pg_trigger WHERE NOT tgisinternal ORDER BY 3;
SELECT 'rule', pg_catalog.pg_get_ruledef(r.oid)
  FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class WHERE c.relnamespace IN (:of_users) ORDER BY 2;
SELECT 'function', pg_catalog.pg_get_functiondef(oid)
  FROM pg_catalog.pg_proc WHERE pronamespace IN (:of_users) AND prokind <> 'a' ORDER BY 2;
SELECT 'type', oid::pg_catalog.regtype, typtype,
    (SELECT pg_catalog.array_agg(enumlabel ORDER BY enumsortorder) FROM pg_catalog.pg_enum WHERE enumtypid = t.oid)
  FROM pg_catalog.pg_type t WHERE typnamespace IN (:of_users) ORDER BY oid::pg_catalog.regtype::pg_catalog.text;
SELECT 'policy', polrelid::pg_catalog.regclass, polname, polcmd, pg_catalog.pg_get_expr(polqual, polrelid)
  FROM pg_catalog.pg_policy ORDER BY polrelid::pg_catalog.regclass::pg_catalog.text, polname;
SELECT 'comment', pg_catalog.pg_describe_object(classoid, objoid, objsubid), description
  FROM pg_catalog.pg_description WHERE objoid >= 16384 ORDER BY 2;
SELECT pg_catalog.format('SELECT %L, last_value, is_called FROM %s', oid::pg_catalog.regclass, oid::pg_catalog.regclass) FROM pg_catalog.pg_class
  WHERE relkind = 'S' AND relnamespace IN (:of_users) ORDER BY oid::pg_catalog.regclass::pg_catalog.text
\gexec
-- Not of materialized views, whose rows pg_dump does not write either.
SELECT pg_catalog.format('SELECT %L, t.* FROM ONLY %s AS t', oid::pg_catalog.regclass, oid::pg_catalog.regclass)
  FROM pg_catalog.pg_class WHERE relkind = 'r' AND relnamespace IN (:of_users)
  ORDER BY oid::pg_catalog.regclass::pg_catalog.text
\gexec
