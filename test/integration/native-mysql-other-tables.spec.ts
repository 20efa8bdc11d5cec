import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServerTarget } from '../../src/backup/engines/database-target.js';
import { EngineHost } from '../../src/backup/engines/engine-host.js';
import { NativeEngine } from '../../src/backup/engines/native/native.engine.js';
import type { NativeOptions } from '../../src/backup/engines/native/native.options.js';
import type { CaptureRequest } from '../../src/backup/engines/database.engine.js';
import { EngineBench } from '../support/engine-bench.js';
import { mysql } from '../support/native-servers.js';

const DATABASE = `native_other_${process.pid}`;
const OTHER = `${DATABASE}_2`;
const USER = `nother_${process.pid}`;

const SCHEMA = `
CREATE TABLE solid (id int AUTO_INCREMENT PRIMARY KEY, v varchar(20)); INSERT INTO solid (v) VALUES ('a'), ('b');
CREATE TABLE legacy (id int AUTO_INCREMENT PRIMARY KEY, v varchar(20), FULLTEXT (v)) ENGINE=MyISAM COMMENT='old one';
INSERT INTO legacy (id, v) VALUES (5, 'five'), (3, 'three'), (40, 'forty'); DELETE FROM legacy WHERE id = 40;
CREATE TABLE bare (a int, b text) ENGINE=MyISAM; INSERT INTO bare VALUES (2, 'x'), (1, NULL), (2, 'x'), (3, 'y'); DELETE FROM bare WHERE a = 1;
INSERT INTO bare VALUES (9, 'fills the hole');
CREATE TABLE volatile (id int PRIMARY KEY, v varchar(20)) ENGINE=MEMORY; INSERT INTO volatile VALUES (2, 'b'), (1, 'a');
CREATE TABLE sheet (a int NOT NULL, b varchar(20) NOT NULL) ENGINE=CSV; INSERT INTO sheet VALUES (1, 'one'), (0, '');
CREATE TABLE aria (id int PRIMARY KEY) ENGINE=Aria; INSERT INTO aria VALUES (1);
CREATE SEQUENCE numbers; CREATE SEQUENCE turns START WITH 50 MINVALUE 1 MAXVALUE 60 INCREMENT BY 3 CACHE 2 CYCLE; CREATE SEQUENCE ended MAXVALUE 2 NOCACHE;
DO NEXTVAL(turns), NEXTVAL(turns), NEXTVAL(turns), NEXTVAL(turns), NEXTVAL(turns), NEXTVAL(ended), NEXTVAL(ended);
CREATE TABLE numbered (id bigint PRIMARY KEY DEFAULT NEXTVAL(numbers), v int); INSERT INTO numbered (v) VALUES (7), (8);
CREATE TABLE prices (item int PRIMARY KEY, price int) WITH SYSTEM VERSIONING; INSERT INTO prices VALUES (1, 10), (2, 20), (3, 30);
UPDATE prices SET price = 11 WHERE item = 1; DELETE FROM prices WHERE item = 2; UPDATE prices SET price = price + 1;
CREATE TABLE notes (t text) ENGINE=MyISAM WITH SYSTEM VERSIONING; INSERT INTO notes VALUES ('a'), ('b'); UPDATE notes SET t = 'c';
CREATE TABLE parts (x int) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME LIMIT 2 (PARTITION p0 HISTORY, PARTITION p1 HISTORY, PARTITION pn CURRENT);
INSERT INTO parts VALUES (3), (1), (2); UPDATE parts SET x = x + 10; UPDATE parts SET x = x + 10;
`;
const LATER = `DELETE FROM solid; INSERT INTO legacy (v) VALUES ('later'); DELETE FROM bare; INSERT INTO bare VALUES (7, 'later'); DELETE FROM volatile;
INSERT INTO sheet VALUES (5, 'later'); DELETE FROM aria; DO SETVAL(numbers, 5000); DO NEXTVAL(turns), NEXTVAL(turns); INSERT INTO numbered (v) VALUES (9);
DELETE FROM prices; DELETE FROM notes; UPDATE parts SET x = 0;`;

let bench: EngineBench;
let target: ServerTarget;

/** With what was in the tables formerly. */
const everything = (database = DATABASE) =>
  mysql
    .run('mariadb-dump', [
      ...[
        '--single-transaction',
        '--skip-comments',
        '--hex-blob',
        '--order-by-primary',
        '--dump-history',
        '--',
        database,
      ],
    ])
    .replaceAll(`\`${database}\`.`, '');

const engineWith = (options: NativeOptions) => new NativeEngine(new EngineHost(), options);

const captureRequest = (database = target): CaptureRequest => ({
  database,
  id: 'x',
  createdAt: '2026-01-30T12:00:00.000Z',
  documentPath: join(bench.folder, 'x.sql.gz'),
  indexPath: join(bench.folder, 'x.index'),
  base: 'engine',
  previous: null,
});

describe.skipIf(!mysql.isThere())('MariaDB in its own form: what is no plain InnoDB table', () => {
  beforeEach(async () => {
    bench = await EngineBench.open(engineWith({}));
    target = mysql.target(DATABASE);
    mysql.create(DATABASE);
    mysql.sql(DATABASE, SCHEMA);
  });
  afterEach(async () => {
    await bench.close();
    for (const name of [DATABASE, OTHER]) mysql.drop(name);
    mysql.sql('', `DROP USER IF EXISTS ${USER}`);
  });

  it('comes back exactly, sequences and history too', async () => {
    const before = everything();
    const snapshot = await bench.capture(target);
    expect(bench.lastCapture?.warnings).toEqual([]);
    // Present rows and former ones.
    expect(snapshot.manifest.tables).toMatchObject({ legacy: { rows: 2 }, prices: { rows: 6 }, notes: { rows: 4 } });
    mysql.sql(DATABASE, LATER);
    expect(everything()).not.toBe(before);
    expect(await bench.restore(snapshot, { target })).toMatchObject({ warnings: [], tables: { prices: { rows: 6 } } });
    expect(everything()).toBe(before);
    mysql.sql(DATABASE, `INSERT INTO legacy (v) VALUES ('new'); INSERT INTO numbered (v) VALUES (10)`);
    expect(mysql.sql(DATABASE, 'SELECT MAX(id) FROM legacy; SELECT MAX(id) FROM numbered')).toBe('41\n1001');
    expect(mysql.sql(DATABASE, 'SELECT COUNT(*) FROM prices FOR SYSTEM_TIME ALL WHERE item = 2')).toBe('1');
  });

  it('into an empty database of another name, whose sequences it takes its keys from', async () => {
    const before = everything();
    const snapshot = await bench.capture(target);
    mysql.create(OTHER);
    await bench.restore(snapshot, { target: mysql.target(OTHER), allowSchemaChanges: true });
    expect(everything(OTHER)).toBe(before);
    mysql.sql(OTHER, 'INSERT INTO numbered (v) VALUES (9)');
    expect(mysql.sql(OTHER, 'SELECT MAX(id) FROM numbered')).toBe('1001');
    expect(await bench.engine.checkRestorable({ database: mysql.target(OTHER), snapshot, tables: null })).toEqual([]);
  });

  it('leaves no sequence where a restore fails, nor anything else', async () => {
    const snapshot = await bench.capture(target);
    mysql.create(OTHER);
    const tables = structuredClone(snapshot.manifest.tables);
    tables['volatile']!.sha256 = 'f'.repeat(64);
    const wrong = { ...snapshot, manifest: { ...snapshot.manifest, tables } };
    await expect(bench.restore(wrong, { target: mysql.target(OTHER), allowSchemaChanges: true })).rejects.toMatchObject(
      { code: 'RESTORE_MISMATCH' },
    );
    expect(mysql.sql(OTHER, 'SHOW TABLES')).toBe('');
  });

  it('is of one moment: nobody writes to it before the dump is done', async () => {
    const { host, port, user } = target;
    const client = `mariadb --no-defaults --host=${host} --port=${port} --protocol=tcp --user=${user} --database=${DATABASE}`;
    const dump = join(bench.folder, 'dump');
    const write = `SET lock_wait_timeout = 1; INSERT INTO legacy (v) VALUES ('meanwhile')`;
    await writeFile(
      dump,
      `#!/bin/sh\ncase "$*" in *--version*) exec mariadb-dump "$@";; esac\n${client} --execute="${write}" 2>/dev/null && exit 9\nexec mariadb-dump "$@"\n`,
      { mode: 0o755 },
    );
    const { tables } = await engineWith({ programs: { mysqldump: dump } }).capture(captureRequest());
    expect(tables['legacy']!.rows).toBe(2);
    mysql.sql(DATABASE, `INSERT INTO legacy (v) VALUES ('afterwards')`);
  });

  it('waits for a writer no longer than it may', async () => {
    const { host, port, user, password } = target;
    const writer = await createConnection({ host, port, user, password, database: DATABASE });
    await writer.query('LOCK TABLES legacy WRITE');
    await expect(bench.capture({ ...target, busyTimeoutMs: 1000 })).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
    await writer.end();
  });

  it('is captured with a warning where the account may not lock it', async () => {
    mysql.sql('', `CREATE USER ${USER}; GRANT SELECT, SHOW VIEW, EVENT ON \`${DATABASE}\`.* TO ${USER}`);
    const { tables, warnings } = await bench.engine.capture(captureRequest({ ...target, user: USER, password: '' }));
    expect(warnings).toEqual([
      { code: 'not_one_moment', message: expect.stringMatching(/"aria".*"bare".*"legacy".*LOCK TABLES/) },
    ]);
    expect(tables).toEqual((await bench.capture(target)).manifest.tables);
  });

  it('says what to install where the program cannot dump history', async () => {
    const old = join(bench.folder, 'old');
    const words = "mariadb-dump: unknown option '--dump-history'";
    await writeFile(
      old,
      `#!/bin/sh\ncase "$*" in *--dump-history*) echo "${words}" >&2; exit 2;; esac\nexec mariadb-dump "$@"\n`,
      { mode: 0o755 },
    );
    await expect(engineWith({ programs: { mysqldump: old } }).capture(captureRequest())).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/10\.11 or newer.*"json"/),
    });
  });
});
