import { describe, expect, it } from 'vitest';
import { endOfColumns, readCreateTable } from './mysql.create-table.js';

const MARIADB = `CREATE TABLE \`odd \`\` (name)\` (
  \`id\` int(10) unsigned NOT NULL AUTO_INCREMENT,
  \`a, b\` varchar(20) DEFAULT 'it''s, NOT NULL)' COMMENT '\\') ENGINE=x AUTO_INCREMENT=9',
  \`e\` enum('a','NOT NULL','c,d') CHARACTER SET latin1 COLLATE latin1_german1_ci NOT NULL DEFAULT 'a',
  \`g\` int(11) GENERATED ALWAYS AS (\`id\` * 2) STORED,
  \`ts\` timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
  \`d\` decimal(10,2) unsigned zerofill DEFAULT NULL,
  PRIMARY KEY (\`id\`,\`a, b\`(10)),
  UNIQUE KEY \`u\` (\`e\`),
  CONSTRAINT \`c\` CHECK (\`id\` > 0)
) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='AUTO_INCREMENT=5 CHARACTER SET latin1'
 PARTITION BY HASH (\`id\`)`;

/** As the manual of MySQL 8 prints it. */
const MYSQL = `CREATE TABLE \`t\` (
  \`id\` int NOT NULL AUTO_INCREMENT,
  \`hidden\` int DEFAULT NULL /*!80023 INVISIBLE */,
  \`p\` point NOT NULL /*!80003 SRID 4326 */,
  \`v\` varchar(20) CHARACTER SET utf8mb3 DEFAULT NULL,
  \`j\` json DEFAULT (_utf8mb4'[]'),
  \`g\` int GENERATED ALWAYS AS ((\`id\` + 1)) VIRTUAL,
  PRIMARY KEY (\`id\`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci`;

describe('a CREATE TABLE statement', () => {
  it('is read as MariaDB prints it', () => {
    const table = readCreateTable(MARIADB)!;
    expect(table.name).toBe('odd ` (name)');
    expect(table.primaryKey).toEqual(['`id`', '`a, b`(10)']);
    const text = { charset: 'utf8mb4', collation: 'utf8mb4_unicode_ci' };
    const none = { charset: '', collation: '' };
    expect(table.columns).toEqual([
      { name: 'id', type: 'int unsigned', ...none, notNull: true, generated: false },
      { name: 'a, b', type: 'varchar(20)', ...text, notNull: false, generated: false },
      {
        name: 'e',
        type: `enum('a','NOT NULL','c,d')`,
        charset: 'latin1',
        collation: 'latin1_german1_ci',
        notNull: true,
        generated: false,
      },
      { name: 'g', type: 'int', ...none, notNull: false, generated: true },
      { name: 'ts', type: 'timestamp', ...none, notNull: true, generated: false },
      { name: 'd', type: 'decimal(10,2) unsigned zerofill', ...none, notNull: false, generated: false },
    ]);
  });

  it('is read as MySQL 8 prints it', () => {
    const table = readCreateTable(MYSQL)!;
    expect(table.columns.map(({ name, type, notNull, generated }) => [name, type, notNull, generated])).toEqual([
      ['id', 'int', true, false],
      ['hidden', 'int', false, false],
      ['p', 'point', true, false],
      ['v', 'varchar(20)', false, false],
      ['j', 'json', false, false],
      ['g', 'int', false, true],
    ]);
    expect(table.columns[3]).toMatchObject({ charset: 'utf8mb3', collation: 'default of utf8mb3' });
  });

  it('ends its columns where they end, whatever the texts in it say', () => {
    expect(MARIADB.slice(endOfColumns(MARIADB))).toMatch(/^ ENGINE=InnoDB AUTO_INCREMENT=7 /);
  });

  it.each(['CREATE VIEW `v` AS select 1', 'DROP TABLE `t`', 'CREATE TABLE `t` AS SELECT 1'])('is not: %s', (sql) => {
    expect(readCreateTable(sql)).toBeUndefined();
  });
});
