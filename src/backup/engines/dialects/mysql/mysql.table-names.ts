import { BackupError } from '../../../model/errors.js';
import type { DatabaseManifest } from '../../../model/manifest.js';
import type { RestoreOutcome } from '../../database.engine.js';
import type { RestorePlan } from '../dialect.js';
import type { DocumentPart } from '../document.parts.js';
import { literal, quoted, type MysqlConnection } from './mysql.connection.js';
import { readCreateTable } from './mysql.create-table.js';
import { splitSetting } from './mysql.definitions.js';

/** `lower_case_table_names`: names are told apart by their case; kept in lower case; kept as they came, but compared in any case. */
const EXACT = 0;
const LOWER = 1;
/** What is longer is no table, such as the counters. */
const LONGEST = 64;

/** How a server compares the names of tables, and what it calls those of a snapshot. */
export class TableNames {
  private constructor(
    private readonly mode: number,
    /** The names in lower case, as the server makes them. */
    private readonly lowered: ReadonlyMap<string, string>,
    /** By their names in lower case. */
    private readonly live: ReadonlyMap<string, string>,
  ) {}

  /** @param names those that will be asked for */
  static async of(connection: MysqlConnection, names: readonly string[]): Promise<TableNames> {
    const mode = Number(await connection.value('SELECT @@lower_case_table_names'));
    if (mode === EXACT) return new TableNames(mode, new Map(), new Map());
    const rows = await connection.rows(
      `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()`,
    );
    const present = rows.map(({ name }) => String(name));
    const lowered = new Map<string, string>();
    for (const name of [...names, ...present])
      lowered.set(name, String(await connection.value(`SELECT LOWER(CONVERT(${literal(name)} USING utf8mb3))`)));
    return new TableNames(mode, lowered, new Map(present.map((name) => [lowered.get(name) ?? name, name])));
  }

  /** The same for two names that are the same to the server. */
  key(name: string): string {
    return this.mode === EXACT ? name : (this.lowered.get(name) ?? name.toLowerCase());
  }

  /** What the server calls a table, or would if it were created. */
  liveName(name: string): string {
    if (this.mode === EXACT || name.length > LONGEST) return name;
    return this.live.get(this.key(name)) ?? (this.mode === LOWER ? this.key(name) : name);
  }

  /**
   * A manifest with the server's names for its tables.
   * @throws BackupError `UNSUPPORTED` where two of them would be one
   */
  adapt(manifest: DatabaseManifest): DatabaseManifest {
    if (this.mode === EXACT) return manifest;
    this.refuseCollisions(manifest);
    const tables = Object.entries(manifest.tables).map(([name, summary]) => [this.liveName(name), summary] as const);
    const ddl = manifest.schema.ddl.map((sql) => this.renamed(sql));
    return { ...manifest, tables: Object.fromEntries(tables), schema: { ...manifest.schema, ddl } };
  }

  /** A restore of it, whose outcome is told in the snapshot's names again. */
  async restore(plan: RestorePlan, run: (plan: RestorePlan) => Promise<RestoreOutcome>): Promise<RestoreOutcome> {
    const adapted = {
      ...plan,
      manifest: this.adapt(plan.manifest),
      tables: plan.tables && plan.tables.map((name) => this.liveName(name)),
      parts: this.renamedParts(plan.parts),
    };
    const outcome = await run(adapted);
    const former = new Map(namesIn(plan.manifest).map((name) => [this.liveName(name), name]));
    const tables = Object.entries(outcome.tables).map(([name, rows]) => [former.get(name) ?? name, rows] as const);
    return { ...outcome, tables: Object.fromEntries(tables) };
  }

  private async *renamedParts(parts: AsyncIterable<DocumentPart>): AsyncGenerator<DocumentPart> {
    for await (const part of parts) yield part.part === 'table' ? { ...part, name: this.liveName(part.name) } : part;
  }

  private renamed(sql: string): string {
    const name = readCreateTable(sql)?.name;
    return name === undefined ? sql : sql.replace(quoted(name), () => quoted(this.liveName(name)));
  }

  private refuseCollisions(manifest: DatabaseManifest): void {
    const seen = new Map<string, string>();
    for (const name of namesIn(manifest)) {
      const other = seen.get(this.key(name));
      if (other !== undefined)
        throw new BackupError(
          'UNSUPPORTED',
          `The tables "${other}" and "${name}" of the snapshot are the same on this server, whose lower_case_table_names is ${this.mode}. Nothing was changed; restore into a server where it is 0.`,
        );
      seen.set(this.key(name), name);
    }
  }
}

/** The tables of a snapshot, those without rows too. */
export function namesIn({ tables, schema }: DatabaseManifest): string[] {
  const described = schema.ddl.flatMap((text) => readCreateTable(splitSetting(text).sql)?.name ?? []);
  return [...new Set([...Object.keys(tables), ...described])];
}
