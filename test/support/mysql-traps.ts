import type { MysqlBench } from './mysql-bench.js';

/** Every type and every edge of it that we know of. Zero dates and the error value of an ENUM get in only without strictness. */
const TRAPS = String.raw`
SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', SESSION time_zone = '+00:00', SESSION foreign_key_checks = 0;
CREATE TABLE migrations (id int AUTO_INCREMENT PRIMARY KEY, timestamp bigint NOT NULL, name varchar(255) NOT NULL);
INSERT INTO migrations VALUES (1, 1700000000000, 'CreateUsers1700000000000');
CREATE TABLE integers (id int PRIMARY KEY, a tinyint, b tinyint unsigned, c smallint, d smallint unsigned, e mediumint, f mediumint unsigned, g int, h int unsigned,
  i bigint, j bigint unsigned, k int(8) zerofill, l bigint unsigned zerofill, m boolean);
INSERT INTO integers VALUES (1, -128, 255, -32768, 65535, -8388608, 16777215, -2147483648, 4294967295, -9223372036854775808, 18446744073709551615, 7, 18446744073709551615, true),
  (0, 127, 0, 32767, 0, 8388607, 0, 2147483647, 0, 9223372036854775807, 9007199254740993, 123456789, 0, false),
  (-5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE decimals (id int PRIMARY KEY, a decimal(65,30), b decimal(65,0), c decimal(10,2) unsigned zerofill, d decimal(5,5));
INSERT INTO decimals VALUES (1, -99999999999999999999999999999999999.999999999999999999999999999999, 99999999999999999999999999999999999999999999999999999999999999999, 1.5, 0.00001),
  (2, 0.000000000000000000000000000001, -1, 99999999.99, -0.99999), (3, 1.10, 0, 0, 0), (4, NULL, NULL, NULL, NULL);
CREATE TABLE reals (id int PRIMARY KEY, f float, d double, f2 float(7,3), d2 double(20,5), u double unsigned);
INSERT INTO reals VALUES (1, 3.402823466e38, 1.7976931348623157e308, 1234.567, 123456789012345.12345, 0.1), (2, 1.17549435e-38, 2.2250738585072014e-308, -0.001, -0.00001, 1e300),
  (3, 1e-45, 5e-324, 0, 0, 0), (4, 16777217, 9007199254740993, 1, 1, 1), (5, 0.1, 0.1, 0.1, 0.1, 0.1), (6, '-0', '-0', '-0', '-0', 0), (7, -1.5, 0.30000000000000004, NULL, NULL, NULL),
  (8, 123456.789, 1e22, NULL, NULL, NULL), (9, 1e15, 123456789.123456789, NULL, NULL, NULL), (10, 8388609, 1e15, NULL, NULL, NULL), (11, 1e-7, 100000000000000000000, NULL, NULL, NULL);
CREATE TABLE bits (id int PRIMARY KEY, a bit(1), b bit(8), c bit(64), d bit(33));
INSERT INTO bits VALUES (1, b'1', b'10000000', 18446744073709551615, 5), (2, b'0', 0x39, 0, 0), (3, NULL, NULL, NULL, NULL), (4, 1, 49, 9007199254740993, 8589934591);
CREATE TABLE texts (id int PRIMARY KEY, c char(10), v varchar(200), tt tinytext, t text, mt mediumtext, lt longtext, b varchar(200) COLLATE utf8mb4_bin, m3 varchar(200) CHARACTER SET utf8mb3);
INSERT INTO texts VALUES (1, 'trailing  ', 'trailing  ', 'a  ', ' ', '', REPEAT('long ä ', 30000), 'A', 'é日本語'), (2, '', '', '', '', '', '', '', ''), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, 'null', 'NULL', 'true', '{"$base64":"AA=="}', '{"$text":"AA=="}', '[1,2]', '123', '-0.5'),
  (5, '🎉', '🎉 \\ back /slash "quoted" ''single'' \'esc', CHAR(0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15 USING utf8mb4), CHAR(16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,127 USING utf8mb4), '\\u0041 \\f \\n \\0 \\', '\\\\"\\"\\', 'percent \% under \_', '\r\n\t\b\Z'),
  (6, CONVERT(0xE280A8 USING utf8mb4), CONVERT(0xE280A9EFBFBFEFBBBF USING utf8mb4), '},{', ',
{"id":1}', ']}', '/* error value */0', '"; DROP TABLE texts; --', '?'),
  (7, '	', CONVERT(0xC280C29FC2A0 USING utf8mb4), 'e', 'f', CONCAT('\\', REPEAT('\\', 101)), REPEAT('"', 100), 'Å', '-');
CREATE TABLE charsets (id int PRIMARY KEY, l1 varchar(300) CHARACTER SET latin1, l2 varchar(50) CHARACTER SET latin2, u2 varchar(50) CHARACTER SET ucs2, u16 text CHARACTER SET utf16, u32 varchar(50) CHARACTER SET utf32,
  le varchar(50) CHARACTER SET utf16le, sj varchar(50) CHARACTER SET sjis, cp varchar(50) CHARACTER SET cp932, gb varchar(50) CHARACTER SET gbk, b5 varchar(50) CHARACTER SET big5, kr varchar(50) CHARACTER SET euckr,
  a varchar(130) CHARACTER SET ascii, k varchar(50) CHARACTER SET koi8r, ge varchar(60) CHARACTER SET geostd8, sw varchar(60) CHARACTER SET swe7, e enum('ä','ö') CHARACTER SET latin1);
INSERT INTO charsets (id, l2, u2, u16, u32, le, sj, cp, gb, b5, kr, a, k, e) VALUES (1, 'łódź', 'ucs2 日本', 'utf16 🎉', 'utf32 🎉', 'le 🎉', 'ｶﾅ 日本', '㈱ №', '汉字', '漢字', '한글', 'ascii', 'привет', 'ö');
INSERT INTO charsets (id, l1) VALUES (2, (SELECT CONVERT(UNHEX(GROUP_CONCAT(LPAD(HEX(seq), 2, '0') ORDER BY seq SEPARATOR '')) USING latin1) FROM (WITH RECURSIVE n (seq) AS (SELECT 0 UNION ALL SELECT seq + 1 FROM n WHERE seq < 255) SELECT seq FROM n) AS bytes));
INSERT INTO charsets (id, cp, u2, gb, sj, ge, sw) VALUES (3, _cp932 0xFA54FA5B81CA879A, _ucs2 0xD800DC00D83D, _gbk 0xA1A4A844, _sjis 0x5C7E815F, _geostd8 0x80C0C1FE, _swe7 0x5B5C5D7E);
CREATE TABLE bytes (id int PRIMARY KEY, b binary(10), v varbinary(300), tb tinyblob, bl blob, mb mediumblob, lb longblob);
INSERT INTO bytes VALUES (1, 0x00FF, UNHEX(REPEAT('00FF5C22270A', 40)), '', 0x0A0D001A, REPEAT(0xE9, 70000), REPEAT(0x00, 300000)), (2, '', '', '', '', '', ''), (3, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, 'text      ', 'trailing  ', 'x', 0xF09F8E89, '{"$base64":"AA=="}', 0xC328);
CREATE TABLE choices (id int PRIMARY KEY, e enum('a','b''c','d"e','','1','ü','\\'), s set('x','y z','ü','1') , s2 set('','a','b'), s64 set('v1','v2','v3','v4','v5','v6','v7','v8','v9','v10','v11','v12','v13','v14','v15','v16','v17','v18','v19','v20','v21','v22','v23','v24','v25','v26','v27','v28','v29','v30','v31','v32','v33','v34','v35','v36','v37','v38','v39','v40','v41','v42','v43','v44','v45','v46','v47','v48','v49','v50','v51','v52','v53','v54','v55','v56','v57','v58','v59','v60','v61','v62','v63',''), n enum('a','b') NOT NULL);
INSERT INTO choices VALUES (1, 'a', 'x,y z,1', 'a,b', 18446744073709551615, 'a'), (2, '', '', 0, 0, 'b'), (3, 'not one of them', 'ü', 1, 9223372036854775808, 'nor this'), (4, NULL, NULL, NULL, NULL, 'b'), (5, 'b''c', '1', 3, 4611686018427387905, 2), (6, '1', 'x', 2, 1, 1), (7, 'ü', '', 7, 2, 1), (8, '\\', '', 0, 3, 1);
CREATE TABLE documents (id int PRIMARY KEY, j json);
INSERT INTO documents VALUES (1, '{"b": 1,  "a": [1, 2.50, "x\\u00e9\\n", null, true], "a": 2}'), (2, 'null'), (3, NULL), (4, '"text"'), (5, '12345678901234567890.123456789'), (6, '[]'), (7, '"\\ud83c\\udf89 🎉"');
CREATE TABLE times (id int PRIMARY KEY, d date, t time, t6 time(6), dt datetime, dt1 datetime(1), dt6 datetime(6), ts timestamp NULL, ts3 timestamp(3) NULL, ts6 timestamp(6) NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), y year);
INSERT INTO times VALUES (1, '0000-00-00', '-838:59:59', '-838:59:59.000000', '0000-00-00 00:00:00', '0000-00-00 00:00:00.0', '0000-00-00', '0000-00-00 00:00:00', 0, 0, 0),
  (2, '2026-02-31', '838:59:59', '838:59:58.999999', '9999-12-31 23:59:59', '1000-01-01 00:00:00.1', '9999-12-31 23:59:59.999999', '1970-01-01 00:00:01', '2038-01-19 03:14:07.999', '2026-03-29 01:30:00.000001', 1901),
  (3, '2026-00-00', '-00:00:01', '-00:00:00.000001', '2026-12-00 12:00:00', '0001-01-01', '2024-02-29 12:34:56.100000', '2026-10-25 00:30:00', '2026-10-25 01:30:00', NULL, 2155),
  (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-01-01 00:00:00.5', NULL), (5, '0001-01-01', '25:00:00', '00:00:00.5', '2026-01-01', '2026-01-01', '2026-01-01', NULL, NULL, NULL, 2000);
CREATE TABLE stamped (id int PRIMARY KEY, v int, changed timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, made datetime DEFAULT CURRENT_TIMESTAMP);
INSERT INTO stamped VALUES (1, 1, '2001-01-01 00:00:00', '2001-01-01'), (2, NULL, '2002-02-02 02:02:02', NULL);
CREATE TABLE shapes (id int PRIMARY KEY, g geometry, p point, l linestring, po polygon, mp multipoint, gc geometrycollection);
INSERT INTO shapes VALUES (1, ST_GeomFromText('POINT(1.5 -2.25)', 4326), ST_GeomFromText('POINT(0.1 1e300)'), ST_GeomFromText('LINESTRING(0 0,1 1)'), ST_GeomFromText('POLYGON((0 0,4 0,4 4,0 0))', 3857), ST_GeomFromText('MULTIPOINT(1 2,3 4)'), ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1))')), (2, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE generated (id int PRIMARY KEY, a int, b int GENERATED ALWAYS AS (a * 2) STORED, c varchar(20) AS (CONCAT('v', a)) VIRTUAL, d int DEFAULT (1 + 1), KEY (b));
INSERT INTO generated (id, a) VALUES (1, 10), (2, NULL);
CREATE TABLE ${'`'}odd ${'``'} "name".with'all${'`'} (${'`'}a${'``'}b${'`'} int, ${'`'}c"d${'`'} int, ${'`'}e.f${'`'} int, ${'`'}é ü${'`'} int, ${'`'}new
line${'`'} int, ${'`'}back\slash${'`'} int, ${'`'}__proto__${'`'} int, ${'`'}select${'`'} int, ${'`'}$base64${'`'} int, ${'`'},${'`'} int COMMENT 'a, b) ENGINE=x', PRIMARY KEY (${'`'}a${'``'}b${'`'}, ${'`'}e.f${'`'}));
INSERT INTO ${'`'}odd ${'``'} "name".with'all${'`'} VALUES (1, 2, 3, 4, 5, 6, 7, 8, 9, 10), (0, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE ${'`'}日本語${'`'} (${'`'}日${'`'} varchar(10) PRIMARY KEY);
INSERT INTO ${'`'}日本語${'`'} VALUES ('ß'), ('a'), ('B'), ('Z'), ('ä1');
CREATE TABLE __proto__ (constructor varchar(5) PRIMARY KEY);
INSERT INTO __proto__ VALUES ('x');
CREATE TABLE no_key (a int, b text);
INSERT INTO no_key VALUES (3, 'c'), (1, 'a'), (1, 'a'), (2, NULL), (NULL, NULL), (-1, 'z');
CREATE TABLE unique_key (a int NOT NULL, b varchar(5) NOT NULL, c int, UNIQUE KEY (c), UNIQUE KEY clustered (b, a));
INSERT INTO unique_key VALUES (2, 'b', 1), (1, 'b', NULL), (5, 'a', NULL), (0, 'C', 2);
CREATE TABLE prefix_key (t text, n int, PRIMARY KEY (t(3)));
INSERT INTO prefix_key VALUES ('zebra', 1), ('Apple', 2), ('mango', 3);
CREATE TABLE case_blind (name varchar(20) PRIMARY KEY) COLLATE utf8mb4_unicode_ci;
INSERT INTO case_blind VALUES ('Zoe'), ('adam'), ('Eve'), ('éva'), ('bob ');
CREATE TABLE parts (id int NOT NULL, v varchar(10), PRIMARY KEY (id)) PARTITION BY HASH (id) PARTITIONS 3;
INSERT INTO parts VALUES (5, 'e'), (1, 'a'), (4, 'd'), (2, 'b'), (3, 'c');
CREATE TABLE tree (id int PRIMARY KEY, parent int, CONSTRAINT tree_parent FOREIGN KEY (parent) REFERENCES tree (id) ON DELETE CASCADE);
INSERT INTO tree VALUES (1, 3), (2, 1), (3, 2), (4, 4), (5, NULL);
CREATE TABLE chicken (id int PRIMARY KEY, egg int NOT NULL, FOREIGN KEY (egg) REFERENCES egg (id));
CREATE TABLE egg (id int PRIMARY KEY, chicken int NOT NULL, FOREIGN KEY (chicken) REFERENCES chicken (id));
INSERT INTO chicken VALUES (1, 1); INSERT INTO egg VALUES (1, 1);
CREATE TABLE audit (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, what varchar(200), at timestamp DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE audited (id int AUTO_INCREMENT PRIMARY KEY, v varchar(50) UNIQUE, CHECK (CHAR_LENGTH(v) < 100));
CREATE TABLE counted (id int AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT = 500;
CREATE TABLE emptied (id bigint AUTO_INCREMENT PRIMARY KEY);
INSERT INTO emptied VALUES (41); DELETE FROM emptied;
CREATE TABLE empty_table (id int PRIMARY KEY, v text);
CREATE VIEW everything AS SELECT id, v FROM audited UNION ALL SELECT id, what FROM audit;
CREATE FUNCTION twice (n int) RETURNS int DETERMINISTIC RETURN n * 2;
CREATE TRIGGER on_insert AFTER INSERT ON audited FOR EACH ROW INSERT INTO audit (what) VALUES (CONCAT('ins "é" \n', NEW.v));
SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,ALLOW_INVALID_DATES';
CREATE TRIGGER "second one" AFTER INSERT ON audited FOR EACH ROW INSERT INTO audit (what) VALUES ('second ' || NEW.v);
SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';
CREATE TRIGGER first_one AFTER INSERT ON audited FOR EACH ROW PRECEDES on_insert INSERT INTO audit (what) VALUES ('first');
CREATE TRIGGER on_delete BEFORE DELETE ON audited FOR EACH ROW INSERT INTO audit (what) VALUES (CONCAT('del ', OLD.v));
INSERT INTO audited (v) VALUES ('a'), ('b'), ('c');
DELETE FROM audited WHERE v = 'c';
SET SESSION foreign_key_checks = 1;
`;

const MARIADB_TRAPS = String.raw`
CREATE TABLE addresses (u uuid PRIMARY KEY, i6 inet6, hidden int INVISIBLE DEFAULT 7);
INSERT INTO addresses (u, i6, hidden) VALUES ('123e4567-e89b-12d3-a456-426655440000', '::ffff:192.0.2.1', 1), ('ffffffff-ffff-ffff-ffff-ffffffffffff', '2001:db8::ff00:42:8329', NULL), ('00000000-0000-0000-0000-000000000000', NULL, 3);
CREATE TABLE halves (id int PRIMARY KEY, ü varchar(20), t text CHARACTER SET utf8mb3);
INSERT INTO halves VALUES (1, CONVERT(0xEDA080 USING utf8mb4), 'ok'), (2, 'fine', CONVERT(0x61EDBFBF620A22 USING utf8mb3)), (3, '🎉', NULL);
CREATE TABLE packed (id int PRIMARY KEY, t text COMPRESSED, k int, KEY (k DESC));
INSERT INTO packed VALUES (1, REPEAT('compressed ', 1000), 1), (2, '', 2);
CREATE SEQUENCE numbers START 7 INCREMENT 2 MAXVALUE 9000 CACHE 3; DO NEXTVAL(numbers);
CREATE TABLE numbered (id bigint DEFAULT NEXTVAL(numbers) PRIMARY KEY, v int); INSERT INTO numbered (v) VALUES (1), (2);
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01' DISABLE DO DELETE FROM numbered WHERE v = 99;
`;

/** Makes every trap that the server knows. */
export async function createTraps(bench: MysqlBench): Promise<void> {
  await bench.exec(TRAPS);
  if (/mariadb/i.test(String(await bench.value('SELECT VERSION()')))) await bench.exec(MARIADB_TRAPS);
}

/** Changes something in every table, so that a restore has to undo all of it. */
export async function disturb(bench: MysqlBench): Promise<void> {
  const tables = await bench.rows(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' AND TABLE_NAME <> 'migrations'`,
  );
  await bench.exec('SET SESSION foreign_key_checks = 0');
  for (const { name } of tables as { name: string }[])
    await bench.exec(`DELETE FROM \`${name.replaceAll('`', '``')}\``);
  await bench.exec(`INSERT INTO audited (v) VALUES ('new'), ('newer'); INSERT INTO tree VALUES (77, NULL); INSERT INTO no_key VALUES (1, 'x');
    INSERT INTO counted VALUES (NULL), (900); INSERT INTO emptied VALUES (NULL); INSERT INTO empty_table VALUES (1, 'not empty');
    SET SESSION foreign_key_checks = 1`);
}
