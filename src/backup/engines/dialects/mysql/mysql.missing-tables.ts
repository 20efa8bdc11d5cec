import { BackupError } from '../../../model/errors.js';
import { literal, quoted, type MysqlConnection } from './mysql.connection.js';
import { readCreateTable } from './mysql.create-table.js';
import { splitSetting, type Setting } from './mysql.definitions.js';
import { mayPass } from './mysql.errors.js';
import { runAs } from './mysql.run-as.js';
import { sequencesUsedBy } from './mysql.sequence-uses.js';

const NAME = '`(?:[^`]|``)*`|[^\\s`(]+';
const CREATED = new RegExp(
  `^\\s*CREATE\\b[^]*?\\s(SEQUENCE|VIEW|FUNCTION|PROCEDURE|PACKAGE BODY|PACKAGE|TRIGGER|EVENT)\\s+(?:(?:${NAME})\\.)?(${NAME})`,
  'i',
);
const TRIGGER_TABLE = new RegExp(`\\sON\\s+(?:(?:${NAME})\\.)?(${NAME})\\s+FOR\\s+EACH\\s+ROW`, 'i');

const ROUTINES = ['FUNCTION', 'PROCEDURE', 'PACKAGE', 'PACKAGE BODY'] as const;
type Created = 'SEQUENCE' | 'TABLE' | 'VIEW' | (typeof ROUTINES)[number] | 'TRIGGER' | 'EVENT';

/** A statement of a manifest that builds something. */
export interface Definition {
  type: Created;
  name: string;
  setting: Setting;
  sql: string;
}

export function definitionsIn(ddl: readonly string[]): Definition[] {
  return ddl.flatMap((text) => {
    const { setting, sql } = splitSetting(text);
    const table = readCreateTable(sql);
    if (table) return [{ type: 'TABLE', name: table.name, setting, sql }];
    const [, type, name] = CREATED.exec(sql) ?? [];
    return type && name ? [{ type: type.toUpperCase() as Created, name: unquote(name), setting, sql }] : [];
  });
}

/** What a server refuses where it is strict, though it was accepted when it was made; a server that does not know one of them goes on without. */
const LENIENCE = ['innodb_strict_mode = 0', 'explicit_defaults_for_timestamp = 1'];

/**
 * Builds what a snapshot holds and the database lacks, out of the statements in its manifest: tables with the sequences that they use, and in an empty database the
 * views and routines. Each statement stands as soon as it was run. Triggers and events are for the caller to make when the rows are there.
 */
export class MissingTables {
  /** A sentence for each thing that could not be built. */
  readonly leftOut: string[] = [];
  /** Triggers of the tables that were built, and in an empty database the events. */
  late: Definition[] = [];
  private readonly definitions: Definition[];
  private readonly built: Definition[] = [];

  constructor(
    private readonly connection: MysqlConnection,
    ddl: readonly string[],
    /** What two names of tables have in common that are the same to the server. */
    private readonly sameName: (name: string) => string,
  ) {
    this.definitions = definitionsIn(ddl);
  }

  /**
   * @param isWanted which tables are to be there
   * @param whole whether all else is to be there too
   */
  async create(isWanted: (table: string) => boolean, whole: boolean): Promise<void> {
    const present = await this.presentNames();
    const isMissing = ({ name }: Definition) => !present.has(name.toLowerCase());
    const isTableMissing = ({ name }: Definition) => !present.has(`table ${this.sameName(name)}`);
    const tables = this.of('TABLE').filter((table) => isWanted(table.name) && isTableMissing(table));
    const used = new Set(tables.flatMap(({ sql }) => sequencesUsedBy(sql)).map(({ name }) => name));
    const sequences = this.of('SEQUENCE').filter(({ name }) => whole || used.has(name));
    for (const setting of LENIENCE) await this.connection.run(`SET SESSION ${setting}`).catch(() => 0);
    await this.connection.run('SET SESSION foreign_key_checks = 0'); // tables may refer to ones that come later
    await this.createAll([...sequences.filter(isTableMissing), ...tables]);
    await this.connection.run('SET SESSION foreign_key_checks = 1');
    if (whole) {
      await this.createAll(ROUTINES.flatMap((type) => this.of(type)).filter(isMissing));
      await this.createAll(this.of('VIEW').filter(isTableMissing));
    }
    const created = new Set(tables.map(({ name }) => this.sameName(name)));
    const triggers = this.of('TRIGGER').filter(({ sql }) => created.has(this.sameName(tableOf(sql))));
    this.late = [...triggers, ...(whole ? this.of('EVENT') : [])];
  }

  /** Takes away what was built, except for tables that hold rows: what is left of a restore that failed would keep another from building the rest. */
  async remove(): Promise<void> {
    await this.connection.run('SET SESSION foreign_key_checks = 0');
    for (const { type, name } of this.built.reverse())
      if (type !== 'TABLE' || (await this.connection.value(`SELECT 1 FROM ${quoted(name)} LIMIT 1`)) === undefined)
        await this.connection.run(`DROP ${type} IF EXISTS ${quoted(name)}`);
    await this.connection.run('SET SESSION foreign_key_checks = 1');
  }

  private of(type: Created): Definition[] {
    return this.definitions.filter((definition) => definition.type === type);
  }

  /** Tables, views and sequences share their names; those of routines are the same in any case. */
  private async presentNames(): Promise<Set<string>> {
    const tables = await this.connection.rows(
      `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()`,
    );
    const routines = await this.connection.rows(
      `SELECT ROUTINE_NAME AS name FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()`,
    );
    return new Set([
      ...tables.map(({ name }) => `table ${this.sameName(String(name))}`),
      ...routines.map(({ name }) => String(name).toLowerCase()),
    ]);
  }

  /** One may be made of others, so those that could not be built are tried again as long as any could. */
  private async createAll(definitions: Definition[]): Promise<void> {
    const left: Definition[] = [];
    const reasons: string[] = [];
    for (const definition of definitions) {
      const reason = await this.createOne(definition);
      if (reason === null) continue;
      left.push(definition);
      reasons.push(reason);
    }
    if (left.length === 0 || left.length === definitions.length) this.leftOut.push(...reasons);
    else await this.createAll(left);
  }

  /** @returns why it could not be built */
  private async createOne(definition: Definition): Promise<string | null> {
    try {
      await runAs(this.connection, definition.setting, definition.sql); // one statement only: a manifest is data
      this.built.push(definition);
      return null;
    } catch (error) {
      if (!(error instanceof BackupError) || mayPass(error)) throw error;
      return `"${definition.name}" could not be created in the database: ${error.message}`;
    }
  }
}

const tableOf = (trigger: string): string => unquote(TRIGGER_TABLE.exec(trigger)?.[1] ?? '');

/** So that the application does not run them again over the tables that have just come back. TypeORM's names end with their timestamp. */
export async function recordMigrations(
  connection: MysqlConnection,
  table: string,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    const timestamp = Number(/\d{13}$/.exec(name)?.[0] ?? 0);
    await connection.run(`INSERT INTO ${quoted(table)} (timestamp, name) VALUES (${timestamp}, ${literal(name)})`);
  }
}

const unquote = (name: string): string => (name.startsWith('`') ? name.slice(1, -1).replaceAll('``', '`') : name);
