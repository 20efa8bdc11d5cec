import { createHash } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeArchive } from '../../src/backup/archive/archive.writer.js';
import type { ServerTarget } from '../../src/backup/engines/database-target.js';
import { EngineHost } from '../../src/backup/engines/engine-host.js';
import { NativeEngine } from '../../src/backup/engines/native/native.engine.js';
import type { NativeOptions } from '../../src/backup/engines/native/native.options.js';
import type { CaptureRequest } from '../../src/backup/engines/database.engine.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import type { BackupError } from '../../src/backup/model/errors.js';
import { EngineBench } from '../support/engine-bench.js';
import { eventually } from '../support/eventually.js';
import { fullDisk } from '../support/full-disk.js';
import { useChildren } from '../support/inline-tasks.js';
import { commandLines, mysql, sampled } from '../support/native-servers.js';
import { some } from '../support/rounds.js';

const DATABASE = `native_${process.pid}`;
const USER = `native_${process.pid}`;
const PASSWORD = `a "very' secret\\ pass=word`;
const OWN = createHash('sha256').update(DATABASE).digest('hex').slice(0, 16);
let bench: EngineBench;
let target: ServerTarget;
const holders = new Set<ChildProcess>();

const SCHEMA = `
CREATE TABLE migrations (id int AUTO_INCREMENT PRIMARY KEY, timestamp bigint NOT NULL, name varchar(255) NOT NULL);
INSERT INTO migrations (timestamp, name) VALUES (1, 'First1'), (2, 'O''Second2');
CREATE TABLE users (id int unsigned AUTO_INCREMENT PRIMARY KEY, email varchar(200) UNIQUE, b blob, bits bit(5), d decimal(65,30), f double, big bigint unsigned,
  e enum('a','b''c'), s set('x','y'), j json, at timestamp(6) NULL, day date, y year, t time(3), g geometry, latin varchar(20) CHARACTER SET latin1,
  next_year int AS (y + 1) STORED, \`odd ) \`\`c\` int) AUTO_INCREMENT = 1000;
`;
const ROWS = `
INSERT INTO users (email, b, bits, d, f, big, e, s, j, at, day, y, t, g, latin, \`odd ) \`\`c\`) SELECT CONCAT('user ''\\\\ ', seq, CHAR(10), ';),('), UNHEX(MD5(seq)), seq % 32,
  seq / 7, seq / 3, 18446744073709551615 - seq, 'b''c', 'x,y', JSON_OBJECT('a', '),(', 'n', seq), FROM_UNIXTIME(1700000000 + seq + 0.123456), '2026-01-30', 2026,
  '12:34:56.789', POINT(seq, 1), 'é', seq FROM seq_1_to_500;
CREATE TABLE posts (id int PRIMARY KEY, author int unsigned, body mediumtext, CONSTRAINT fk_author FOREIGN KEY (author) REFERENCES users (id) ON DELETE CASCADE, KEY (author));
INSERT INTO posts SELECT seq, 1000 + seq % 500, REPEAT(MD5(seq), seq % 200) FROM seq_1_to_3000;
ALTER TABLE users ADD favourite int, ADD CONSTRAINT fk_favourite FOREIGN KEY (favourite) REFERENCES posts (id);
UPDATE users SET favourite = id - 999 WHERE id % 3 = 0;
CREATE TABLE keyless (a int, b text); INSERT INTO keyless VALUES (2, 'x'), (1, NULL), (2, 'x');
CREATE TABLE empty_table (a int);
CREATE TABLE \`we\`\`ird;\` (\`a\`\`\` int); INSERT INTO \`we\`\`ird;\` VALUES (1);
`;
const DEFINITIONS = `
CREATE VIEW z_view AS SELECT u.email, p.id FROM users u JOIN posts p ON p.author = u.id;
CREATE VIEW a_view AS SELECT email FROM z_view WHERE id > 5;
DELIMITER //
CREATE PROCEDURE two() BEGIN
SELECT 'x;';
INSERT INTO \`keyless\` VALUES
(7,'not a row of the dump');
END //
CREATE FUNCTION three(a int) RETURNS int DETERMINISTIC RETURN a + 3 //
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01' DO BEGIN DELETE FROM keyless WHERE a = 99; END //
DELIMITER ;
`;

function fill(): void {
  mysql.create(DATABASE);
  mysql.sql(DATABASE, SCHEMA + ROWS + DEFINITIONS);
}

const disturb = () =>
  mysql.sql(
    DATABASE,
    `SET foreign_key_checks = 0; DELETE FROM users WHERE id % 3 = 0; UPDATE posts SET body = 'x' WHERE id % 2 = 0; TRUNCATE keyless; INSERT INTO empty_table VALUES (1);
     ALTER TABLE posts AUTO_INCREMENT = 99999; DELETE FROM migrations WHERE id = 1`,
  );

beforeEach(async () => {
  bench = await EngineBench.open(new NativeEngine(new EngineHost()));
  target = mysql.target(DATABASE);
});
afterEach(async () => {
  for (const holder of holders) holder.kill('SIGKILL');
  holders.clear();
  await bench.close();
  if (!mysql.isThere()) return;
  for (const name of [DATABASE, ...scratch().split('\n')]) if (name !== '') mysql.drop(name);
  mysql.sql('', `DROP USER IF EXISTS ${USER}`);
});

const engineWith = (options: NativeOptions) => new NativeEngine(new EngineHost(), options);
const restoreRequest = (snapshot: StoredSnapshot, database = target) => ({
  database,
  snapshot,
  tables: null,
  allowSchemaChanges: false,
});
const captureRequest = (database = target): CaptureRequest => ({
  database,
  id: 'x',
  createdAt: '2026-01-30T12:00:00.000Z',
  documentPath: join(bench.folder, 'x.sql.gz'),
  indexPath: join(bench.folder, 'x.index'),
  base: 'engine',
  previous: null,
});
const unfinished = async () => (await readdir(bench.folder)).filter((name) => name.includes('.tmp'));
const scratch = () => mysql.sql('', `SHOW DATABASES LIKE 'nestjs\\_backup\\_${OWN}%'`);
const programs = () =>
  commandLines().filter(
    ({ line }) =>
      /mariadb(-dump)? --no-defaults/.test(line) && /(native_|nestjs_backup_)/.test(line) && !line.includes('--table'),
  );

async function withBytes(snapshot: StoredSnapshot, bytes: Buffer): Promise<StoredSnapshot> {
  await writeFile(snapshot.document.path, bytes);
  const checksum = createHash('sha256').update(bytes).digest('hex');
  return { ...snapshot, manifest: { ...snapshot.manifest, checksum, file_size_bytes: bytes.length } };
}

async function script(name: string, text: string): Promise<string> {
  const path = join(bench.folder, name);
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
  return path;
}

describe.skipIf(!mysql.isThere())('a database on MariaDB', () => {
  describe('with everything in it', () => {
    beforeEach(fill);

    it('comes back as mariadb-dump prints it, and the manifest says what is in it', async () => {
      const before = mysql.dump(DATABASE);
      const snapshot = await bench.capture(target);
      const { manifest, document } = snapshot;
      expect(manifest).toMatchObject({ filename: 'auto_backup_1.sql.gz', kind: 'full', full_reason: 'engine' });
      expect(manifest.database).toMatchObject({ type: 'mysql', server_version: expect.stringContaining('MariaDB') });
      expect((await stat(document.path)).mode & 0o777).toBe(0o600);
      const rows = Object.entries(manifest.tables).map(([name, table]) => [name, table.rows]);
      expect(Object.fromEntries(rows)).toEqual({ users: 500, posts: 3000, keyless: 3, empty_table: 0, 'we`ird;': 1 });
      expect(manifest.schema.migrations).toEqual(['First1', `O'Second2`]);
      expect(manifest.schema.ddl).toHaveLength(6 + 2 + 3);
      disturb();
      expect(mysql.dump(DATABASE)).not.toBe(before);
      expect(await bench.engine.checkRestorable(restoreRequest(snapshot))).toEqual([]);
      const outcome = await bench.restore(snapshot, { target });
      expect(outcome).toMatchObject({ warnings: [], tables: { posts: { rows: 3000 } } });
      expect(mysql.dump(DATABASE)).toBe(before);
      expect((await bench.capture(target)).manifest.tables).toEqual(manifest.tables);
      expect(scratch()).toBe('');
      expect(await unfinished()).toEqual([]);
    });

    it('keeps its foreign keys at work', async () => {
      const snapshot = await bench.capture(target);
      await bench.restore(snapshot, { target });
      expect(() => mysql.sql(DATABASE, `INSERT INTO posts VALUES (1000000, 1, 'x')`)).toThrow(/foreign key/);
      mysql.sql(DATABASE, 'UPDATE users SET favourite = NULL; DELETE FROM users WHERE id = 1001');
      expect(mysql.sql(DATABASE, 'SELECT COUNT(*) FROM posts WHERE author = 1001')).toBe('0');
    });

    it('is restored by hand too', async () => {
      const before = mysql.dump(DATABASE);
      const { document } = await bench.capture(target);
      const text = gunzipSync(await readFile(document.path)).toString();
      mysql.create(DATABASE);
      mysql.sql(DATABASE, text);
      expect(mysql.dump(DATABASE)).toBe(before);
    });

    it('into an empty database when that is allowed, out of an archive, views and routines too', async () => {
      const before = mysql.dump(DATABASE);
      const { manifest, document } = await bench.capture(target);
      const path = join(bench.folder, 'day.zip');
      const entry = { name: manifest.filename, modifiedAt: new Date(0), open: () => createReadStream(document.path) };
      await writeArchive(path, [entry]);
      await rm(document.path);
      const archived = { manifest, document: { path, entry: manifest.filename }, base: null };
      mysql.create(DATABASE);
      await expect(bench.restore(archived, { target })).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' });
      await bench.restore(archived, { target, allowSchemaChanges: true });
      expect(mysql.dump(DATABASE)).toBe(before);
    });

    it('takes the schema back only when that is allowed', async () => {
      const before = mysql.dump(DATABASE);
      const snapshot = await bench.capture(target);
      mysql.sql(
        DATABASE,
        'ALTER TABLE posts ADD likes int; CREATE TABLE later (a int); INSERT INTO later VALUES (1); DROP FUNCTION three',
      );
      const differences = await bench.engine.checkRestorable(restoreRequest(snapshot));
      expect(differences).toHaveLength(4);
      await expect(bench.restore(snapshot, { target })).rejects.toMatchObject({
        code: 'SCHEMA_MISMATCH',
        details: { differences },
      });
      const { warnings } = await bench.restore(snapshot, { target, allowSchemaChanges: true });
      expect(warnings).toContainEqual(expect.stringMatching(/later/));
      expect(mysql.sql(DATABASE, 'SELECT a FROM later; DROP TABLE later')).toBe('1');
      expect(mysql.dump(DATABASE)).toBe(before);
    });

    it.each<[string, string, string]>([
      [
        'a foreign key from elsewhere',
        'CREATE TABLE later (a int, FOREIGN KEY (a) REFERENCES posts (id))',
        'CONSTRAINT_VIOLATION',
      ],
      [
        'a table where a view was',
        'DROP VIEW a_view; CREATE TABLE a_view (precious int); INSERT INTO a_view VALUES (1)',
        'SCHEMA_MISMATCH',
      ],
      ['a view where a table was', 'DROP TABLE keyless; CREATE VIEW keyless AS SELECT 1', 'ENGINE_FAILED'],
    ])('is not touched when %s stands in the way', async (_, change, code) => {
      const snapshot = await bench.capture(target);
      mysql.sql(DATABASE, `DELETE FROM posts WHERE id = 7; ${change}`);
      const before = mysql.dump(DATABASE);
      await expect(bench.restore(snapshot, { target, allowSchemaChanges: true })).rejects.toMatchObject({ code });
      expect(mysql.dump(DATABASE)).toBe(before);
      expect(scratch()).toBe('');
    });

    it('is not touched when a table has not the digest that the manifest promises', async () => {
      const snapshot = await bench.capture(target);
      disturb();
      const before = mysql.dump(DATABASE);
      for (const wrong of [{ sha256: 'f'.repeat(64) }, { rows: 1 }]) {
        const tables = structuredClone(snapshot.manifest.tables);
        Object.assign(tables['users']!, wrong);
        const manifest = { ...snapshot.manifest, tables };
        await expect(bench.restore({ ...snapshot, manifest }, { target })).rejects.toMatchObject({
          code: 'RESTORE_MISMATCH',
        });
      }
      expect(mysql.dump(DATABASE)).toBe(before);
      expect(scratch()).toBe('');
    });

    it('is not touched by a damaged dump, nor by one that says something else', async () => {
      const snapshot = await bench.capture(target);
      disturb();
      const before = mysql.dump(DATABASE);
      const bytes = await readFile(snapshot.document.path);
      const flipped = Buffer.from(bytes);
      flipped[bytes.length >> 1]! ^= 4;
      for (const damaged of [flipped, bytes.subarray(0, bytes.length >> 1), bytes.subarray(0, -1), Buffer.alloc(0)]) {
        await writeFile(snapshot.document.path, damaged);
        await expect(bench.restore(snapshot, { target })).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
      }
      const text = gunzipSync(bytes).toString('latin1');
      const other = (changed: string) => withBytes(snapshot, gzipSync(Buffer.from(changed, 'latin1')));
      const cut = text.slice(0, text.indexOf('Table structure for table `users`') - 6);
      await expect(bench.restore(await other(cut), { target })).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
      const changed = text.replace(`(1,NULL)`, `(1,'was null')`);
      expect(changed).not.toBe(text);
      await expect(bench.restore(await other(changed), { target })).rejects.toMatchObject({ code: 'RESTORE_MISMATCH' });
      expect(mysql.dump(DATABASE)).toBe(before);
    });

    it('waits for a lock as long as it may, and says that it was one', async () => {
      const snapshot = await bench.capture(target);
      disturb();
      const before = mysql.dump(DATABASE);
      const holder = await hold(`BEGIN; SELECT COUNT(*) FROM posts;`);
      const impatient = { ...target, busyTimeoutMs: 1000 };
      await expect(bench.engine.restore(restoreRequest(snapshot, impatient))).rejects.toMatchObject({
        code: 'DATABASE_LOCKED',
      });
      await holder.release();
      expect(mysql.dump(DATABASE)).toBe(before);
      await bench.restore(snapshot, { target });
    });

    // There the server is reached by its socket, so it has to be one of this machine.
    const isElsewhere = process.env['TEST_MYSQL_URL'] !== undefined;
    it.skipIf(isElsewhere)('runs the programs in a container, with the password in no argument', async () => {
      const calls = join(bench.folder, 'calls');
      await script(
        'docker',
        `printf '%s\\n' "$*" >> '${calls}'
[ "$1 $2" = 'exec -i' ] || exit 99
shift 2
while [ "$1" = -e ]; do shift 2; done
[ "$1" = some-database ] || exit 98
shift
exec "$@"`,
      );
      const path = process.env['PATH'];
      process.env['PATH'] = `${bench.folder}:${path}`;
      mysql.sql(
        '',
        `CREATE USER ${USER} IDENTIFIED BY 'x'; SET PASSWORD FOR ${USER} = PASSWORD('${PASSWORD.replaceAll(/['\\]/g, '\\$&')}'); GRANT ALL ON *.* TO ${USER}`,
      );
      try {
        const inContainer = await EngineBench.open(engineWith({ docker: { container: 'some-database' } }));
        const secret = { ...target, host: 'not.reachable.invalid', user: USER, password: PASSWORD };
        const before = mysql.dump(DATABASE);
        const snapshot = await inContainer.capture(secret);
        disturb();
        await inContainer.restore(snapshot, { target: secret });
        expect(mysql.dump(DATABASE)).toBe(before);
        await inContainer.close();
      } finally {
        process.env['PATH'] = path;
      }
      const lines = (await readFile(calls, 'utf8')).split('\n').filter((line) => line.startsWith('exec -i'));
      expect(lines.length).toBeGreaterThan(3);
      for (const line of lines) expect(line).toMatch(/^exec -i (-e MYSQL_PWD )?some-database /);
      expect(await readFile(calls, 'utf8')).not.toContain('secret');
    });
  });

  it.each<[string, string, RegExp]>([
    [
      'a trigger',
      'CREATE TABLE t (a int); CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1',
      /triggers \(tr\)/,
    ],
    [
      'a table that shows the rows of others',
      'CREATE TABLE p (a int) ENGINE = MyISAM; CREATE TABLE t (a int) ENGINE = MERGE UNION = (p)',
      /t \(MRG_MyISAM\).*"json"/,
    ],
    [
      'a history by transactions',
      `CREATE TABLE t (a int, b bigint unsigned GENERATED ALWAYS AS ROW START, c bigint unsigned GENERATED ALWAYS AS ROW END,
         PERIOD FOR SYSTEM_TIME (b, c)) WITH SYSTEM VERSIONING`,
      /transactions: t\..*"json"/,
    ],
    ['a FLOAT column', 'CREATE TABLE t (a float)', /t\.a/],
  ])('that could not be put back is not captured: %s', async (_, sql, message) => {
    mysql.create(DATABASE);
    mysql.sql(DATABASE, sql);
    await expect(bench.capture(target)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(message),
    });
  });

  describe('a small one', () => {
    useChildren();

    beforeEach(() => {
      mysql.create(DATABASE);
      mysql.sql(
        DATABASE,
        `CREATE TABLE items (id int PRIMARY KEY, name varchar(40) UNIQUE); INSERT INTO items SELECT seq, MD5(seq) FROM seq_1_to_10000`,
      );
    });

    function createUser(grants: string): ServerTarget {
      mysql.sql(
        '',
        `CREATE USER ${USER}; SET PASSWORD FOR ${USER} = PASSWORD('${PASSWORD.replaceAll(/['\\]/g, '\\$&')}'); ${grants}`,
      );
      return { ...target, user: USER, password: PASSWORD };
    }

    it('keeps the password out of every process list, message and file; a wrong one is told', async () => {
      const secret = createUser(
        `GRANT ALL ON \`${DATABASE}\`.* TO ${USER}; GRANT ALL ON \`nestjs\\_backup\\_%\`.* TO ${USER}`,
      );
      let snapshot!: StoredSnapshot;
      const seen = await sampled(async () => {
        snapshot = await bench.capture(secret);
        await bench.restore(snapshot, { target: secret });
      });
      for (const program of ['mariadb-dump', 'mariadb'])
        expect(
          [...seen].some((line) => line.includes(`${program} --no-defaults`)),
          program,
        ).toBe(true);
      expect([...seen].filter((line) => line.includes('secret'))).toEqual([]);
      expect(JSON.stringify(snapshot)).not.toContain('secret');
      for (const name of await readdir(bench.folder))
        expect(await readFile(join(bench.folder, name), 'latin1')).not.toContain('secret');
      const wrong = { ...secret, password: `${PASSWORD} not` };
      const error = (await bench.capture(wrong).catch((thrown: BackupError) => thrown)) as BackupError;
      expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', message: expect.stringMatching(/Access denied/) });
      expect(`${error.message} ${error.stack} ${JSON.stringify(error.details)}`).not.toContain('secret');
    });

    it('says which right is missing', async () => {
      const modest = createUser(`GRANT ALL ON \`${DATABASE}\`.* TO ${USER}`);
      const snapshot = await bench.capture(modest);
      await expect(bench.restore(snapshot, { target: modest })).rejects.toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
        message: expect.stringMatching(/GRANT ALL ON `nestjs\\_backup\\_%`/),
      });
    });

    it('a server that is down, or a database that is not there', async () => {
      await expect(bench.capture({ ...target, port: 1 })).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      const gone = bench.capture({ ...target, database: '-no such database' });
      await expect(gone).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      expect(await unfinished()).toEqual([]);
    });

    it.each(['mysql', 'mysqldump'] as const)(
      '%s that is missing: the error names the package to install',
      async (option) => {
        const capture = engineWith({ programs: { [option]: '/nowhere/program' } }).capture(captureRequest());
        await expect(capture).rejects.toMatchObject({
          code: 'UNSUPPORTED',
          message: expect.stringMatching(new RegExp(`"/nowhere/program".*"mariadb-client".*"programs\\.${option}"`)),
        });
      },
    );

    it('a dump that fails half way, or is killed, or only stops, makes no snapshot', async () => {
      for (const end of ['exit 3', 'kill -9 $$', 'exit 0']) {
        const mysqldump = await script(
          'dump',
          `case "$*" in *--version*) exec mariadb-dump "$@";; esac; mariadb-dump "$@" | head -c 300000; ${end}`,
        );
        const capture = engineWith({ programs: { mysqldump } }).capture(captureRequest());
        await expect(capture).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
        expect(await unfinished()).toEqual([]);
      }
    });

    it('a RENAME whose answer is lost is asked about', async () => {
      const snapshot = await bench.capture(target);
      const restored = mysql.dump(DATABASE);
      mysql.sql(DATABASE, 'DELETE FROM items WHERE id % 2 = 0');
      const printed = join(bench.folder, 'said');
      const client = await script(
        'client',
        `tee '${printed}' | mariadb "$@" || exit 1; ! grep -q '^RENAME' '${printed}'`,
      );
      await engineWith({ programs: { mysql: client } }).restore(restoreRequest(snapshot));
      expect(mysql.dump(DATABASE)).toBe(restored);
      expect(scratch()).toBe('');
    });

    it('a snapshot of another make, or of a newer server, is refused beforehand', async () => {
      const snapshot = await bench.capture(target);
      for (const server_version of ['99.1.0-MariaDB', '8.0.36']) {
        const manifest = { ...snapshot.manifest, database: { ...snapshot.manifest.database, server_version } };
        await expect(bench.engine.checkRestorable(restoreRequest({ ...snapshot, manifest }))).rejects.toMatchObject({
          code: 'UNSUPPORTED',
        });
      }
      await expect(bench.restore(snapshot, { target, tables: ['items'] })).rejects.toMatchObject({
        code: 'UNSUPPORTED',
      });
    });

    it('the server ends the connection in the middle of a capture or a restore: the reason is told', async () => {
      const snapshot = await bench.capture(target);
      const before = mysql.dump(DATABASE);
      const holder = await hold(`LOCK TABLES items WRITE; SELECT 1;`);
      const capture = bench.engine.capture(captureRequest()).catch((error: unknown) => error);
      await eventually(() => waiting().length > 0);
      for (const id of waiting()) mysql.sql('', `KILL ${id}`);
      expect(await capture).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      await holder.release();
      const reader = await hold(`BEGIN; SELECT COUNT(*) FROM items;`);
      const restore = bench.engine.restore(restoreRequest(snapshot)).catch((error: unknown) => error);
      await eventually(() => waiting().length > 0);
      for (const id of waiting()) mysql.sql('', `KILL ${id}`);
      expect(await restore).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      await reader.release();
      expect(mysql.dump(DATABASE)).toBe(before);
      expect(scratch()).toBe('');
      expect(await unfinished()).toEqual([]);
    });

    it('an aborted capture ends the dump at once, even while it waits for a lock', async () => {
      const holder = await hold(`LOCK TABLES items WRITE; SELECT 1;`);
      const abort = new AbortController();
      const capture = bench.engine.capture(captureRequest(), { signal: abort.signal }).catch((error: unknown) => error);
      await eventually(() => waiting().length > 0);
      expect(programs().length).toBeGreaterThan(0);
      abort.abort();
      expect(await capture).toMatchObject({ code: 'CANCELLED' });
      await eventually(() => programs().length === 0);
      await holder.release();
    });

    it.each(some([100, 200, 300, 400, 500, 600, 700, 800, 900, 1000], 4))(
      'kill -9 of the engine host %i ms into a restore: old or new, and no program is left',
      async (delay) => {
        mysql.sql(DATABASE, 'INSERT INTO items SELECT seq, MD5(seq) FROM seq_10001_to_40000');
        const snapshot = await bench.capture(target);
        const restored = mysql.dump(DATABASE);
        mysql.sql(DATABASE, 'DELETE FROM items WHERE id % 2 = 0');
        const disturbed = mysql.dump(DATABASE);
        let pid = 0;
        const restore = bench.engine.restore(restoreRequest(snapshot), { onStart: (started) => void (pid = started) });
        const outcome = restore.then(
          () => null,
          (error: unknown) => error,
        );
        await pause(delay);
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // it has finished
        }
        const error = await outcome;
        if (error !== null) expect(error).toMatchObject({ code: 'ENGINE_FAILED' });
        await eventually(() => programs().length === 0);
        expect(error === null ? [restored] : [restored, disturbed]).toContain(mysql.dump(DATABASE));
        await bench.restore(snapshot, { target });
        expect(mysql.dump(DATABASE)).toBe(restored);
        expect(scratch()).toBe('');
      },
    );

    it.skipIf(!fullDisk.isPossible())('a disk that fills up fails the capture, and leaves nothing there', async () => {
      mysql.sql(DATABASE, 'INSERT INTO items SELECT seq, SHA1(seq) FROM seq_50001_to_120000');
      const folder = join(bench.folder, 'small');
      await mkdir(folder);
      await fullDisk.during(folder, 1, async () => {
        const paths = { documentPath: join(folder, 'x.sql.gz'), indexPath: join(folder, 'x.index') };
        await expect(bench.engine.capture({ ...captureRequest(), ...paths })).rejects.toMatchObject({
          code: 'DISK_FULL',
        });
        expect(await readdir(folder)).toEqual([]);
      });
      await eventually(() => programs().length === 0);
    });
  });
});

/** Connections that wait for a lock. */
const waiting = (): string[] =>
  mysql
    .sql(
      '',
      `SELECT ID FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for table metadata lock' AND (DB = '${DATABASE}' OR INFO LIKE '%${OWN}%')`,
    )
    .split('\n')
    .filter((id) => id !== '');

/** Another connection that has run these statements, the last of which prints something. */
async function hold(sql: string): Promise<{ release: () => Promise<void> }> {
  const { host, port, user, password } = target;
  const args = [
    '--no-defaults',
    `--host=${host}`,
    `--port=${port}`,
    '--protocol=tcp',
    `--user=${user}`,
    '--unbuffered',
    '--table',
    DATABASE,
  ];
  const holder = spawn('mariadb', args, {
    env: { ...process.env, MYSQL_PWD: password },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  holders.add(holder);
  const exited = once(holder, 'exit');
  holder.stdin.write(`${sql}\n`);
  await once(holder.stdout, 'data');
  return {
    release: async () => {
      holder.stdin.end();
      await exited;
    },
  };
}
