import { describe, expect, it } from 'vitest';
import { executingStatements, isSchemaStatement } from './postgres.statement-kinds.js';

describe('a statement of a PostgreSQL schema', () => {
  it.each([
    'CREATE SCHEMA "a; DROP TABLE x"',
    'CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public',
    `CREATE TYPE public.mood AS ENUM ('sad', 'it''s;ok')`,
    'CREATE TYPE public.pair AS (a integer, "b;" text)',
    'CREATE TYPE public.floats AS RANGE (SUBTYPE = double precision, SUBTYPE_DIFF = float8mi)',
    `CREATE DOMAIN public.mail AS text COLLATE "C" DEFAULT 'x;y' NOT NULL CONSTRAINT c CHECK ((VALUE ~ '@'::text))`,
    'ALTER DOMAIN public.mail ADD CONSTRAINT k CHECK ((length(VALUE) > 3)) NOT VALID',
    `CREATE OR REPLACE FUNCTION public.f(a integer)\n RETURNS integer\n LANGUAGE plpgsql\nAS $function$ BEGIN; DROP TABLE x; END $function$\n`,
    `CREATE OR REPLACE PROCEDURE public.p()\n LANGUAGE sql\nBEGIN ATOMIC\n INSERT INTO t VALUES (1);\n DELETE FROM t;\nEND`,
    'CREATE SEQUENCE public.s AS bigint INCREMENT BY 1 MINVALUE 1 MAXVALUE 9 START WITH 1 CACHE 1 CYCLE',
    'ALTER SEQUENCE public.s OWNED BY public.t.id',
    `CREATE UNLOGGED TABLE public.t (\n  id integer DEFAULT nextval('public.s'::regclass) NOT NULL,\n  n text\n) INHERITS (public.p) WITH (fillfactor=70)`,
    'CREATE TABLE public.m (\n  at date\n) PARTITION BY RANGE (at)',
    'CREATE TABLE public.e ()',
    'CREATE TABLE t (id integer /* /* */ ); DROP TABLE x -- */)',
    `ALTER TABLE ONLY public.m ATTACH PARTITION public.m1 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')`,
    'ALTER TABLE public.t ADD CONSTRAINT k FOREIGN KEY (a, b) REFERENCES public.u(a, b) ON DELETE CASCADE NOT VALID',
    'ALTER TABLE public.t VALIDATE CONSTRAINT k',
    'ALTER TABLE public.t ENABLE ALWAYS TRIGGER a',
    'ALTER TABLE public.t FORCE ROW LEVEL SECURITY',
    'ALTER TABLE ONLY public.t ALTER COLUMN a SET STORAGE EXTERNAL',
    'ALTER TABLE public.t REPLICA IDENTITY USING INDEX i',
    'ALTER TABLE public.t CLUSTER ON i',
    'CREATE UNIQUE INDEX i ON public.t USING btree (lower(n) COLLATE "C" DESC) INCLUDE (id) WHERE (id > 0)',
    'CREATE VIEW public.v WITH (security_barrier=true) AS  SELECT t.id\n   FROM public.t',
    'CREATE MATERIALIZED VIEW public.mv AS  WITH x AS (SELECT 1) SELECT * FROM x WITH NO DATA',
    'CREATE RULE r AS\n    ON INSERT TO public.t DO INSTEAD ( INSERT INTO u VALUES (1); DELETE FROM u; )',
    "CREATE CONSTRAINT TRIGGER g AFTER INSERT ON public.t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.id > 0)) EXECUTE FUNCTION public.f('a;b')",
    'CREATE POLICY p ON public.t AS PERMISSIVE FOR SELECT TO PUBLIC USING ((id > 0)) WITH CHECK (true)',
    'CREATE STATISTICS public.st (ndistinct, mcv) ON a, b FROM public.t',
    `COMMENT ON COLUMN public.t.id IS E'it''s\\\\; -- /* '`,
    `COMMENT ON CONSTRAINT k ON public.t IS 'x'`,
    'CREATE AGGREGATE public.total(integer) (SFUNC = int4pl, STYPE = integer)',
    'CREATE OPERATOR public.=~ (FUNCTION = public.f, LEFTARG = text, RIGHTARG = text)',
    'CREATE CAST (text AS public.mood) WITH FUNCTION public.f(text) AS IMPLICIT',
    `CREATE COLLATION public.c (provider = icu, locale = 'de-u-co-phonebk')`,
    'CREATE TEXT SEARCH CONFIGURATION public.ts (PARSER = pg_catalog."default")',
  ])('may be: %s', (sql) => {
    expect(isSchemaStatement(sql)).toBe(true);
    expect(isSchemaStatement(`/* x */ ${sql} -- y`)).toBe(true);
  });

  it.each([
    `COPY (SELECT 1) TO PROGRAM 'touch /tmp/x'`,
    'CREATE ROLE evil SUPERUSER',
    'CREATE USER evil',
    'ALTER ROLE app SUPERUSER',
    'GRANT ALL ON t TO evil',
    'DO $$ BEGIN END $$',
    "SELECT pg_read_file('/etc/passwd')",
    'CREATE TABLE t AS SELECT 1',
    'CREATE TABLE t (a) AS SELECT 1',
    'CREATE TABLE public.t (id integer); CREATE ROLE evil SUPERUSER',
    'CREATE TABLE public.t (id integer);;DROP TABLE x',
    'CREATE TABLE t (id integer) /* ; */; DROP TABLE x',
    `CREATE TABLE t (a text DEFAULT 'x\\'); DROP TABLE x --')`,
    `CREATE TABLE t (a text DEFAULT E'x\\'); DROP TABLE x --'`,
    'CREATE TABLE t (id integer /* /* */ */ ); DROP TABLE x -- */)',
    'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $a$ SELECT 1 $a$; DROP TABLE x; --$a$',
    'CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS $$ import os $$',
    `CREATE FUNCTION f() RETURNS int AS 'lib.so', 'f' LANGUAGE C`,
    `CREATE FUNCTION f() RETURNS int LANGUAGE "plpython3u" AS ''`,
    `CREATE FUNCTION f() RETURNS int AS 'x'`,
    'CREATE SCHEMA a AUTHORIZATION evil',
    'CREATE SCHEMA a CREATE TABLE t (a int)',
    'ALTER TABLE t OWNER TO evil',
    'ALTER TABLE t ENABLE TRIGGER a, OWNER TO evil',
    'ALTER TABLE t ADD CONSTRAINT k CHECK (true), OWNER TO evil',
    'ALTER SYSTEM SET x = 1',
    "CREATE TABLESPACE t LOCATION '/tmp'",
    'CREATE DATABASE x',
    'CREATE SERVER s FOREIGN DATA WRAPPER file_fdw',
    'CREATE FOREIGN TABLE t (a int) SERVER s',
    'CREATE LANGUAGE plpython3u',
    'CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()',
    `COMMENT ON ROLE x IS 'y'`,
    `COMMENT ON DATABASE x IS 'y'`,
    'DROP TABLE x',
    'INSERT INTO t VALUES (1)',
    'SET ROLE postgres',
    `LOAD 'x'`,
    '',
    '-- only a comment',
    "CREATE TABLE t (a text DEFAULT 'open)",
    '/*',
  ])('is not: %s', (sql) => {
    expect(isSchemaStatement(sql)).toBe(false);
  });
});

describe('what would run while it is restored', () => {
  const f = `CREATE FUNCTION public.f(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN EXECUTE 'x'; RETURN $1; END $$`;

  it.each([
    'CREATE INDEX i ON public.t USING btree (public.f(n))',
    'CREATE INDEX i ON public.t USING btree (n) WHERE (public."f"(n) IS NULL)',
    'ALTER TABLE public.t ADD CONSTRAINT k CHECK ((public.f(n) IS NOT NULL))',
    'CREATE TABLE public.t (n text, m text GENERATED ALWAYS AS (public.f(n)) STORED)',
    'CREATE TABLE public.t (n text, CHECK (public.f(n) IS NOT NULL))',
    'CREATE TABLE public.t (n text) PARTITION BY LIST (public.f(n))',
    'CREATE DOMAIN public.d AS text CONSTRAINT k CHECK ((public.f(VALUE) IS NOT NULL))',
    'CREATE MATERIALIZED VIEW public.m AS SELECT public.f(n) FROM public.t',
    `ALTER TABLE public.t ADD CONSTRAINT k CHECK ((set_config('role'::text, 'postgres'::text, false) IS NOT NULL))`,
    `ALTER TABLE public.t ADD CONSTRAINT k CHECK ((pg_catalog.lo_export(1, '/tmp/x') IS NOT NULL))`,
    `CREATE INDEX i ON public.t ((t.f))`,
    'CREATE OPERATOR public.## (FUNCTION = public.f, RIGHTARG = text)',
    `CREATE FUNCTION public.g() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'`,
  ])('%s', (sql) => {
    expect(executingStatements([f, sql])).toEqual([sql]);
  });

  it('is no function that only triggers call, nor what the server itself brings', () => {
    expect(
      executingStatements([
        f,
        'CREATE TRIGGER g BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.f()',
        `CREATE TABLE public.t (id integer DEFAULT public.f('x') NOT NULL, n varchar(20), total numeric(10,2) GENERATED ALWAYS AS ((price * 2)) STORED)`,
        `ALTER TABLE public.t ADD CONSTRAINT k CHECK (((n)::text = ANY (ARRAY['a'::text, 'b'::text])))`,
        `ALTER TABLE public.t ADD CONSTRAINT l CHECK ((length(btrim((n)::text)) > 0))`,
        'CREATE INDEX i ON public.t USING btree (lower((n)::text), COALESCE(m, 0))',
        'CREATE VIEW public.v AS SELECT public.f(n) FROM public.t',
      ]),
    ).toEqual([]);
  });

  it('is a server function whose name the snapshot takes', () => {
    const lower = `CREATE FUNCTION public.lower(character varying) RETURNS text LANGUAGE sql AS 'SELECT 1'`;
    const index = 'CREATE INDEX i ON public.t USING btree (lower(n))';
    expect(executingStatements([lower, index])).toEqual([index]);
  });
});
