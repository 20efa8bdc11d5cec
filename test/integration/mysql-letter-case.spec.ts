import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ServerTarget } from '../../src/backup/engines/database-target.js';
import { eventually } from '../support/eventually.js';
import { InlineEngine } from '../support/inline-engines.js';
import { HAS_MYSQL, MysqlBench } from '../support/mysql-bench.js';

const HAS_MARIADBD = ['mariadbd', 'mariadb-install-db'].every(
  (program) => spawnSync(program, ['--help'], { stdio: 'ignore' }).error === undefined,
);

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  listener.close();
  return port;
}

/** A server of its own, since `lower_case_table_names` is a matter of the whole server. */
class LowerCaseServer {
  private constructor(
    private readonly folder: string,
    private readonly process: ChildProcess,
    readonly connection: Connection,
    readonly port: number,
  ) {}

  static async start(): Promise<LowerCaseServer> {
    const folder = await mkdtemp(join(tmpdir(), 'lower-case-'));
    const root = process.getuid?.() === 0 ? ['--user=root'] : [];
    const options = ['--no-defaults', `--datadir=${folder}/data`, '--lower-case-table-names=1', ...root];
    const install = [...options, '--auth-root-authentication-method=normal', '--skip-test-db'];
    execFileSync('mariadb-install-db', install, { stdio: 'ignore' });
    const port = await freePort();
    const network = [`--port=${port}`, '--bind-address=127.0.0.1', `--socket=${folder}/s`, `--pid-file=${folder}/pid`];
    const server = spawn('mariadbd', [...options, ...network, '--innodb-fast-shutdown=2'], { stdio: 'ignore' });
    const connect = () =>
      createConnection({ host: '127.0.0.1', port, user: 'root', multipleStatements: true, charset: 'utf8mb4' });
    const connection = await eventually(() => connect().catch(() => null));
    return new LowerCaseServer(folder, server, connection, port);
  }

  target(database: string): ServerTarget {
    const address = { host: '127.0.0.1', port: this.port, user: 'root', password: '', tls: 'off' as const };
    return { type: 'mysql', ...address, database, busyTimeoutMs: 5000, migrationsTable: 'Migrations' };
  }

  async stop(): Promise<void> {
    await this.connection.end();
    const ended = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}

describe.skipIf(!HAS_MYSQL || !HAS_MARIADBD)('a server that does not tell names apart by their case', () => {
  let server: LowerCaseServer;
  let bench: MysqlBench;

  beforeAll(async () => {
    server = await LowerCaseServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    bench = await MysqlBench.open(new InlineEngine());
    await server.connection.query('DROP DATABASE IF EXISTS there; CREATE DATABASE there; USE there');
  });
  afterEach(() => bench.close());

  const source = () => ({ ...bench.target, migrationsTable: 'Migrations' });
  const rows = async (sql: string) => (await server.connection.query<RowDataPacket[]>(sql))[0];

  it('gets every table with its rows, counter, trigger and view', async () => {
    await bench.exec(`CREATE TABLE Users (id int AUTO_INCREMENT PRIMARY KEY, v varchar(20)) AUTO_INCREMENT = 50;
      CREATE TABLE \`Éclair\` (UserId int, FOREIGN KEY (UserId) REFERENCES Users (id)); CREATE TABLE LOG (a int);
      CREATE TABLE Migrations (id int AUTO_INCREMENT PRIMARY KEY, timestamp bigint, name varchar(50)); INSERT INTO Migrations VALUES (1, 1, 'First1700000000000');
      CREATE TABLE Old (a int) ENGINE=MyISAM; INSERT INTO Old VALUES (1), (2);
      INSERT INTO Users (id, v) VALUES (1, 'a'), (2, 'b'), (3, 'c'); INSERT INTO \`Éclair\` VALUES (2);
      CREATE TRIGGER Tr AFTER INSERT ON Users FOR EACH ROW INSERT INTO LOG VALUES (NEW.id); CREATE VIEW MyView AS SELECT COUNT(*) AS n FROM Users`);
    const snapshot = await bench.capture(source());
    const target = server.target('there');
    const outcome = await bench.restore(snapshot, { target, allowSchemaChanges: true });
    expect(outcome).toEqual({
      tables: { LOG: { rows: 0 }, Old: { rows: 2 }, Users: { rows: 3 }, Éclair: { rows: 1 } },
      warnings: [],
      missing: [],
    });
    await server.connection.query(`INSERT INTO Users (v) VALUES ('new')`);
    expect(await rows('SELECT n, (SELECT MAX(a) FROM LOG) AS logged FROM MyView')).toEqual([{ n: 4, logged: 50 }]);
    expect(await rows('SELECT name FROM Migrations')).toEqual([{ name: 'First1700000000000' }]);
    // In place, the names are the same to it as well.
    await bench.restore(snapshot, { target });
    expect(await rows('SELECT n FROM MyView')).toEqual([{ n: 3 }]);
    expect((await bench.restore(snapshot, { target, tables: ['Users'] })).tables).toEqual({ Users: { rows: 3 } });
    const captured = await bench.capture(target);
    expect(captured.manifest.tables['users']).toEqual(snapshot.manifest.tables['Users']);
    expect(captured.manifest.schema.migrations).toEqual(['First1700000000000']);
  });

  it('refuses a snapshot with two tables whose names differ in nothing else, before anything is written', async () => {
    await bench.exec('CREATE TABLE users (id int); CREATE TABLE Users (id int); INSERT INTO users VALUES (1)');
    const snapshot = await bench.capture(source());
    const restore = bench.restore(snapshot, { target: server.target('there'), allowSchemaChanges: true });
    await expect(restore).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/"Users" and "users".*lower_case_table_names is 1/),
    });
    expect(await rows('SHOW TABLES')).toEqual([]);
  });

  it('and one that does, keeps a table whose name is that of the migrations in other letters', async () => {
    await bench.exec('CREATE TABLE MIGRATIONS (id int); INSERT INTO MIGRATIONS VALUES (1)');
    expect((await bench.capture(bench.target)).manifest.tables['MIGRATIONS']?.rows).toBe(1);
  });
});
