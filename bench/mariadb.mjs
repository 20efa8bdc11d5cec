import mysql from 'mysql2/promise';
import { run } from './measure.mjs';
import { reaches, ServerW1 } from './server.mjs';

const SERVER = process.env.TEST_MYSQL_URL ?? 'mysql://root@127.0.0.1:3306/test';
const { hostname: host, port = '3306', username: user, password } = new URL(SERVER);
/** The password goes by the environment, for nobody to read in a list of processes. */
const env = { ...process.env, ...(password && { MYSQL_PWD: decodeURIComponent(password) }) };
const login = ['-h', host, '-P', port || '3306', '-u', user || 'root'];

/** W1 in a MariaDB database. */
export class MariaDbW1 extends ServerW1 {
  static missing = reaches('mariadb', [...login, '-e', 'SELECT 1'], env)
    ? null
    : `no MariaDB server answers at ${host}`;
  tools = {
    dump: 'mariadb-dump',
    dumpAndGzip: 'mariadb-dump | gzip -6',
    copy: 'mariadb-dump',
    load: 'mariadb < dump.sql',
  };
  migrations = 'id integer PRIMARY KEY AUTOINCREMENT, timestamp bigint NOT NULL, name varchar NOT NULL';

  static create(folder, name, scale) {
    return ServerW1.fill(MariaDbW1, folder, name, scale);
  }

  static async make(database) {
    await MariaDbW1.#asAdmin(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
    return MariaDbW1.#connect(database);
  }

  static #connect(database) {
    return mysql.createConnection({ uri: SERVER, database, timezone: 'Z', supportBigNumbers: true });
  }

  static async #asAdmin(text) {
    const admin = await MariaDbW1.#connect(new URL(SERVER).pathname.slice(1));
    await admin.query(text);
    await admin.end();
  }

  get url() {
    return Object.assign(new URL(SERVER), { pathname: `/${this.name}` }).href;
  }

  get target() {
    const place = {
      host,
      port: Number(port || 3306),
      user: user || 'root',
      password: decodeURIComponent(password),
      database: this.name,
    };
    return { type: 'mysql', ...place, tls: 'off', busyTimeoutMs: 5000, migrationsTable: 'migrations' };
  }

  quoted(name) {
    return `\`${name}\``;
  }

  /** The workload's types as an application on MariaDB would have them. */
  columnsOf(columns) {
    return columns
      .replaceAll(/integer PRIMARY KEY AUTOINCREMENT( NOT NULL)?/gi, 'integer AUTO_INCREMENT PRIMARY KEY')
      .replaceAll(/"(\w+)"/g, '`$1`')
      .replaceAll(/\bDATETIME\b/gi, 'datetime(3)')
      .replaceAll(/\bREAL\b/g, 'double')
      .replaceAll(/\bBLOB\b/g, 'longblob')
      .replaceAll(/\bvarchar\b(?!\()/g, 'varchar(255)')
      .replaceAll(/\bTEXT (?=NOT NULL UNIQUE|UNIQUE|PRIMARY KEY)/g, 'varchar(191) ')
      .replaceAll(/(\b(?:tag|status|kind)) TEXT/g, '$1 varchar(64)')
      .replaceAll(/\bTEXT\b/g, 'longtext')
      .replaceAll('expires_at INTEGER', 'expires_at bigint')
      .replaceAll('lines JSON', '`lines` JSON');
  }

  async insert(table, rows) {
    await this.connection.query(`INSERT INTO \`${table}\` VALUES ?`, [rows.map((row) => row.map(forServer))]);
  }

  async query(text, values = []) {
    await this.connection.query(text.replaceAll(/"(\w[\w ,]*)"/g, '`$1`'), values.map(forServer));
  }

  async rows(text) {
    return (await this.connection.query(text))[0];
  }

  async afterFilling() {}

  async settle() {}

  dump(to) {
    return run('mariadb-dump', [...login, '--single-transaction', this.name], { to, env });
  }

  dumpAndGzip(to) {
    return run('sh', ['-c', `mariadb-dump ${login.join(' ')} --single-transaction '${this.name}' | gzip -6`], {
      to,
      env,
    });
  }

  copy(to) {
    return this.dump(to);
  }

  /** Loads a dump into a new database beside this one. */
  async load(dump) {
    const loaded = `${this.name}_loaded`;
    await MariaDbW1.#asAdmin(`DROP DATABASE IF EXISTS ${loaded}`);
    await MariaDbW1.#asAdmin(`CREATE DATABASE ${loaded} CHARACTER SET utf8mb4`);
    await run('mariadb', [...login, loaded], { from: dump, env });
  }

  disconnect() {
    return this.connection.end();
  }

  async drop() {
    for (const name of [this.name, `${this.name}_loaded`]) await MariaDbW1.#asAdmin(`DROP DATABASE IF EXISTS ${name}`);
  }
}

/** MariaDB wants times without a zone's letter, which mean UTC here. */
const forServer = (value) =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)
    ? value.replace('T', ' ').replace('Z', '')
    : value;
