/** A table for every type that PostgreSQL has, with the values at which a careless printer or reader would lose something. */
export const EVERY_TYPE = String.raw`
CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE EXTENSION ltree; CREATE EXTENSION cube;
CREATE TYPE mood AS ENUM ('sad', 'so "so"', 'it''s, fine', 'NULL', '');
CREATE TYPE pair AS (a integer, b text, c json, d integer[]);
CREATE TYPE nested AS (p pair, m mood);
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE DOMAIN document AS jsonb;
CREATE DOMAIN short AS varchar(5);
CREATE DOMAIN numbers AS integer[];
CREATE DOMAIN more_numbers AS numbers;
CREATE DOMAIN a_pair AS pair;
CREATE TYPE floatrange AS RANGE (SUBTYPE = float8);

CREATE TABLE numerics (s smallint, i integer, b bigint, n numeric, n2 numeric(10, 4), r real, d double precision, m money);
INSERT INTO numerics VALUES
  (-32768, -2147483648, -9223372036854775808, '-99999999999999999999999999999999.99999999999999999999990000', -999999.9999, '-3.4028235e38', '-1.7976931348623157e308', '-92233720368547758.08'),
  (32767, 2147483647, 9223372036854775807, 'NaN', 'NaN', 'NaN', 'NaN', '92233720368547758.07'),
  (0, 0, 9007199254740993, 0.0000000000, 1.5000, '-0', '-0', 0),
  (1, 1, 1, 1e-300, 0, '1e-45', '5e-324', 1234567.891),
  (2, 2, 2, 1e300, 1, 0.1, 0.1, -0.01), (3, 3, 3, 12345678901234567890123456789012345678901234567890.12345678901234567890, 1, 1.17549435e-38, 0.30000000000000004, 12),
  (4, 4, 4, 'Infinity', 1, 'Infinity', 'Infinity', 1), (5, 5, 5, '-Infinity', 1, '-Infinity', '-Infinity', 1),
  (6, 6, 6, 100.00, 100, 16777217, 9007199254740993, 1), (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

CREATE TABLE texts (t text, v varchar(20), c char(5), one "char", n name, b bytea, u uuid, e mood, x xml, ct citext);
INSERT INTO texts VALUES
  ('', '', '', '', '', '', '00000000-0000-0000-0000-000000000000', '', '', ''),
  (E'\t\n\r\b\f\v \\ " '' / \u2028 \u2029 \U0001F600 \x7f', E'a\nb\\N', 'ab', 'x', 'naïve "quoted"', '\x00ff5c0a22', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'so "so"', '<a b="c">x &amp; <![CDATA[ < ]]></a>', 'CaSe'),
  ('\N', '\.', '  x  ', '\', 'a\b', '\x5c4e', NULL, 'it''s, fine', '<?xml version="1.0"?><a/>', '\N'),
  ('null', 'NULL', 'null', 'n', 'null', 'null', NULL, 'NULL', 'null', 'null'),
  ('{"a":1}', '[1]', '{1}', '{', '"', '"', NULL, 'sad', 'x<b/>y', '{}'),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (repeat('long ', 300000), repeat('ä', 20), 'äöüßé', '/', repeat('n', 63), decode(repeat('00ff', 200000), 'hex'), NULL, NULL, NULL, repeat('Ä', 100));
INSERT INTO texts (t) SELECT chr(i) FROM generate_series(1, 1100) AS i;
INSERT INTO texts (t) SELECT string_agg(chr(i), '' ORDER BY i) FROM generate_series(1, 1114111) AS i WHERE i < 55296 OR i > 57343;
INSERT INTO texts (b) SELECT set_byte('\x00', 0, i) FROM generate_series(0, 255) AS i;
INSERT INTO texts (one) SELECT chr(i)::"char" FROM generate_series(1, 127) AS i;
INSERT INTO texts (one) SELECT i::"char" FROM generate_series(-128, 0) AS i;

CREATE TABLE times (d date, t time, t3 time(3), tz timetz, ts timestamp, ts0 timestamp(0), tstz timestamptz, i interval, iym interval year to month);
INSERT INTO times VALUES
  ('infinity', '00:00', '00:00:00.123', '00:00:00+15:59:59', 'infinity', 'infinity', 'infinity', '1 year 2 mons -3 days 04:05:06.789012', '14 mons'),
  ('-infinity', '24:00', '23:59:59.999', '24:00:00-15:59:59', '-infinity', '-infinity', '-infinity', '-1 year -2 mons +3 days -04:05:06.000001', '-1 year'),
  ('4713-11-24 BC', '23:59:59.999999', NULL, '12:00:00.000001+05:30', '4714-11-24 00:00:00 BC', '0001-01-01 00:00:00 BC', '4714-11-24 00:00:00+00 BC', '178000000 years', '0'),
  ('5874897-12-31', '12:00', NULL, '12:00Z', '294276-12-31 23:59:59.999999', '2026-02-28', '294276-12-31 23:59:59.999999+00', '-178000000 years', NULL),
  ('0001-01-01', '00:00:00.000001', NULL, NULL, '2026-01-30 12:00:00.000001', NULL, '2026-03-29 02:30:00.123456 Europe/Berlin', '0.000001 seconds', NULL),
  ('2026-02-28', NULL, NULL, NULL, '1999-12-31 23:59:59.5', NULL, '1883-11-18 12:00:00 America/New_York', '0', NULL),
  ('12026-02-28', NULL, NULL, NULL, '12026-02-28', NULL, '12026-02-28 00:00+14', '1 mon -1 day', NULL);

CREATE TABLE documents (j json, b jsonb, d document);
INSERT INTO documents VALUES
  (' { "a" : 1.0,   "a":2, "b": [ ] , "u":"A\/" }', '{"b": 1.50, "a": {"x": null}, "a": 12345678901234567890.0}', '{}'),
  ('null', 'null', 'null'), (NULL, NULL, NULL), ('"text"', '"text"', '"\\"'), (E'\n[1,\n\t2 ]\n', '[1, "x\ny"]', '1'), ('1e2', '1e2', '1e2'), ('""', '""', '""');

CREATE TABLE arrays (i integer[], t text[], n numeric(6, 2)[], f float8[], b boolean[], d date[], ts timestamptz[], by bytea[], j json[], jb jsonb[], e mood[], p pair[], bx box[], pt point[],
  dm positive[], dn numbers, dmn more_numbers, c char(3)[], ip inet[], iv int2vector, ov oidvector, h hstore[], r int4range[], u uuid[], nm name[], oc "char"[], m money[]);
INSERT INTO arrays (i, t, n, f, b, d, ts, by, j, jb, e, p) VALUES
  ('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'),
  ('{1,NULL,-3}', ARRAY['', NULL, 'NULL', 'null', '"', '\', '{', '}', ',', ' a ', E'\t\n', '\N', 'ä😀'], '{1.50,NaN}', '{-0,NaN,Infinity,-Infinity,0.1,5e-324}', '{t,f,NULL}', '{infinity,0044-03-15 BC,2026-01-30}',
    '{infinity,"2026-01-30 12:00:00.000001+00"}', ARRAY['\x', '\x00ff5c22'::bytea, NULL], ARRAY['{"a" : 1}', 'null', NULL]::json[], ARRAY['[1, 2]', 'null', NULL]::jsonb[],
    ARRAY['so "so"', 'NULL', '', NULL]::mood[], ARRAY[ROW(1, 'x "y" \ (', '{"a" :1}', '{1,NULL}'), NULL, ROW(NULL, NULL, NULL, NULL)]::pair[]),
  ('{{1,2},{3,NULL}}', '{{{a},{b}},{{c},{"d\"e\\f"}}}', '{{1.00},{2.00}}', '{{1},{2}}', '{{t},{f}}', '{{2026-01-30}}', NULL, NULL, NULL, NULL, '{{sad},{""}}', NULL),
  ('[0:1]={7,8}', '[-3:-2]={x,y}', '[5:5]={1.00}', '[2:3][0:0]={{1},{2}}', NULL, NULL, NULL, NULL, NULL, NULL, '[0:0]={sad}', '[2:2]={"(1,x,,)"}'),
  ('[1:2][2:3]={{1,2},{3,4}}', '[1:1][1:1][0:0]={{{x}}}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO arrays (bx, pt, dm, dn, dmn, c, ip, iv, ov, h, r, u, nm, oc, m) VALUES
  ('{(1,1),(0,0);(2,2),(-1,-1)}', '{"(1,2)","(-0,NaN)"}', '{1,2}', '{1,2}', '[0:1]={3,4}', '{a,"b c"}', '{10.0.0.1,::1/64}', '1 2 3', '1 2 3', ARRAY['a=>1, "b ,"=>NULL'::hstore], '{"[1,5)",empty}',
    ARRAY['00000000-0000-0000-0000-000000000001'::uuid], '{a,"b\"c"}', '{a,"\\"}', '{1.50,-2}'), ('{}', '{}', '{}', '{}', '{}', '{}', '{}', '', '', '{}', '{}', '{}', '{}', '{}', '{}');

CREATE TABLE composites (p pair, n nested, pos positive, s short, ap a_pair, h hstore, lt ltree, cu cube);
INSERT INTO composites VALUES
  (ROW(1, 'x', '{"a" : 1}', '[0:1]={1,2}'), ROW(ROW(NULL, '', NULL, '{}'), 'it''s, fine'), 1, 'abcde', ROW(1, E'line\nbreak "\\', NULL, NULL), '"a b"=>"c\"d", n=>NULL', 'a.b_1.c', '(1,2),(3,4.5)'),
  (ROW(NULL, NULL, NULL, NULL), ROW(NULL, NULL), 2147483647, '', ROW(NULL, NULL, NULL, NULL), '', '', '(0)'),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (ROW(0, '(,)', '"\""', NULL), ROW(NULL, ''), 5, 'ä', NULL, 'NULL=>"NULL"', 'x', '(NaN)');

CREATE TABLE ranges (i int4range, b int8range, n numrange, ts tsrange, tz tstzrange, d daterange, f floatrange, mi int4multirange, mt tstzmultirange, mf floatmultirange);
INSERT INTO ranges VALUES ('empty', 'empty', 'empty', 'empty', 'empty', 'empty', 'empty', '{}', '{}', '{}'),
  ('(,)', '[-9223372036854775808,)', '[1.50,2.00)', '[2026-01-30 12:00:00.000001,infinity]', '(-infinity,"2026-01-30 00:00:00+05:30"]', '[infinity,)', '[-0,0.1)', '{[1,2),[5,)}', '{["2026-01-01 00:00+00","2026-02-01 00:00+00")}', '{[0.1,0.2],(0.3,)}'),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

CREATE TABLE networks (i inet, c cidr, m macaddr, m8 macaddr8, b1 bit, b8 bit(8), bv varbit, bv5 varbit(5));
INSERT INTO networks VALUES ('10.0.0.1', '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', '1', '00000000', '', ''), ('10.0.0.1/8', '::/0', 'ff:ff:ff:ff:ff:ff', '00:00:00:00:00:00:00:00', '0', '10101010', '1010101010', '10101'),
  ('::ffff:1.2.3.4/96', '2001:db8::/32', NULL, NULL, NULL, NULL, NULL, NULL), ('0.0.0.0/0', '192.168.1.1/32', NULL, NULL, NULL, NULL, repeat('10', 5000)::varbit, NULL);

CREATE TABLE searches (v tsvector, q tsquery);
INSERT INTO searches VALUES ('a:1A,2B fat:3 ''it''''s'' ''back\\slash'' "q":4', 'a & !b | (c <-> d:*AB)'), ('', ''), (to_tsvector('english', 'The quick brown foxes'), to_tsquery('english', 'quick & fox')), (NULL, NULL);

CREATE TABLE shapes (p point, l line, s lseg, b box, pa path, po polygon, c circle);
INSERT INTO shapes VALUES ('(1.5,-0)', '{1,2,3}', '[(0,0),(1,1)]', '(1,1),(0,0)', '[(0,0),(1,1)]', '((0,0),(1,1),(1,0))', '<(1,2),3>'), ('(NaN,Infinity)', '{0.1,-0.2,1e-300}', NULL, '(1e300,1),(-1e300,0.30000000000000004)', '((0,0),(1,1))', NULL, '<(0,0),0>'), (NULL, NULL, NULL, NULL, NULL, NULL, NULL);

CREATE TABLE identifiers (o oid, rc regclass, rt regtype, rp regprocedure, rr regrole, lsn pg_lsn, t tid, x xid, x8 xid8, s pg_snapshot, b boolean);
INSERT INTO identifiers VALUES (4294967295, 'numerics', 'integer', 'lower(text)', 'postgres', 'FFFFFFFF/FFFFFFFF', '(4294967295,65535)', '4294967295', '18446744073709551615', '10:20:10,14,15', true),
  (0, 0, 0, 0, 0, '0/0', '(0,0)', '0', '0', '1:1:', false), (1, 999999999, 'mood', NULL, NULL, '16/B374D848', NULL, NULL, NULL, NULL, NULL);
`;
