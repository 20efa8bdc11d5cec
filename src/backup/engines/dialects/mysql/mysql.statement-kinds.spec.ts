import { describe, expect, it } from 'vitest';
import { isSchemaStatement } from './mysql.statement-kinds.js';

describe('a statement of a MySQL or MariaDB schema', () => {
  it.each([
    "CREATE TABLE `a;b` (\n  `id` int(11) NOT NULL AUTO_INCREMENT,\n  `n` varchar(9) DEFAULT 'it\\'s; -- ' COMMENT 'SELECT',\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci COMMENT='AS SELECT'",
    'CREATE TABLE `p` (`id` int) ENGINE=InnoDB\n/*!50100 PARTITION BY RANGE (`id`)\n(PARTITION p0 VALUES LESS THAN (10) ENGINE = InnoDB) */',
    'CREATE TABLE `p` (`id` int) ENGINE=InnoDB PARTITION BY RANGE (`id`)\n(PARTITION p0 VALUES LESS THAN (10) ENGINE = InnoDB)',
    'CREATE TABLE `v` (`id` int /*!80023 INVISIBLE */) ENGINE=Aria WITH SYSTEM VERSIONING',
    'CREATE SEQUENCE `s` start with 1 minvalue 1 maxvalue 9223372036854775806 increment by 1 cache 1000 nocycle ENGINE=InnoDB',
    'CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` SQL SECURITY DEFINER VIEW `v` AS select `t`.`id` AS `id` from `t`',
    "/* sql_mode='STRICT_TRANS_TABLES' */ CREATE DEFINER=`root`@`localhost` FUNCTION `f`(a int) RETURNS int(11)\nBEGIN SET @x = 1; RETURN a; END",
    "/* sql_mode='' character_set_client='latin1' */ CREATE DEFINER=`a`@`%` PROCEDURE `p`()\nDELETE FROM t",
    "/* sql_mode='' */ CREATE DEFINER=`root`@`localhost` TRIGGER `g` BEFORE INSERT ON `t` FOR EACH ROW BEGIN SET NEW.a = 1; END",
    '/* sql_mode=\'PIPES_AS_CONCAT,ANSI_QUOTES,ORACLE\' */ CREATE DEFINER="root"@"localhost" PROCEDURE "p" AS BEGIN NULL; END',
    "/* sql_mode='NO_BACKSLASH_ESCAPES' */ CREATE DEFINER=`a`@`%` PROCEDURE `p`() SELECT '\\'",
  ])('may be: %s', (sql) => {
    expect(isSchemaStatement(sql)).toBe(true);
  });

  it.each([
    "CREATE USER 'evil'@'%'",
    'GRANT ALL ON *.* TO evil',
    'CREATE TABLE `t` AS SELECT 1',
    'CREATE TABLE `t` (`a` int) ENGINE=InnoDB SELECT 1',
    'CREATE TABLE `t` (`a` int) /*!50000 AS SELECT 1 */',
    'CREATE TABLE `t` (`a` int) /*M!100000 SELECT 1 */',
    "CREATE TABLE `t` (`a` int) ENGINE=InnoDB DATA DIRECTORY='/tmp'",
    "CREATE TABLE `t` (`a` int) ENGINE=CONNECT TABLE_TYPE=DOS FILE_NAME='/etc/passwd'",
    "CREATE TABLE `t` (`a` int) ENGINE=FEDERATED CONNECTION='mysql://x'",
    "CREATE FUNCTION `f` RETURNS INTEGER SONAME 'lib.so'",
    "/* sql_mode='NO_BACKSLASH_ESCAPES' */ CREATE DEFINER='\\' @ '%' EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT ' @ 'h' PROCEDURE p() SELECT 1'",
    "CREATE AGGREGATE FUNCTION f RETURNS REAL SONAME 'lib.so'",
    "/* sql_mode='' */ CREATE DEFINER=`root`@`localhost` EVENT `e` ON SCHEDULE EVERY 1 DAY DO DELETE FROM t",
    "SELECT 1 INTO OUTFILE '/tmp/x'",
    "LOAD DATA INFILE '/etc/passwd' INTO TABLE t",
    'SET GLOBAL general_log = 1',
    "INSTALL PLUGIN x SONAME 'y'",
    'CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST "x")',
    'DROP TABLE t',
    '/*!50000 DROP TABLE t */',
    '-- CREATE TABLE\nDROP TABLE t',
    '# CREATE TABLE t (a int)',
    'CREATE DATABASE x',
    "CREATE TABLE `t` (`a` text DEFAULT 'open)",
    '',
  ])('is not: %s', (sql) => {
    expect(isSchemaStatement(sql)).toBe(false);
  });
});
