import { createHash, type Hash } from 'node:crypto';
import type { SchemaInfo, TableSummary } from '../../../model/manifest.js';
import { withoutDatabase } from '../../dialects/mysql/mysql.sequence-uses.js';
import type { DumpPart, DumpSection } from './dump.reader.js';
import { isPosition } from './mysql.sequences.js';

/** Settings around statements, and what clears the way for them: the same whatever the database holds. */
const FRAME = /^(?:--|SET |DROP |LOCK |UNLOCK |\/\*M?!\d+(?: (?:SET|DROP|ALTER)\b|\\-)|;*$)/;
/** A counter, which moves with the rows. */
const NEXT_KEY = / AUTO_INCREMENT=\d+/;
const CREATED = /^CREATE (TABLE|SEQUENCE) `((?:[^`]|``)*)`/;

interface Running {
  rows: number;
  digest: Hash;
}

/** Gathers what a dump holds: rows and digests of the tables, the statements of the schema, the migrations that ran. */
export class DumpContents {
  /** The CREATE TABLE statements with their counters, and the positions of sequences, which a proof compares too. */
  readonly structure: string[] = [];
  readonly views: string[] = [];
  /** The CREATE SEQUENCE statements, by name. */
  readonly sequences = new Map<string, string>();
  private readonly ddl: string[] = [];
  private readonly running = new Map<string, Running>();
  private readonly migrations: { id: number; name: string }[] = [];
  private statement = '';
  private delimiter = ';';

  /**
   * @param database where the tables take their defaults from sequences: its name is no part of the schema
   * @param migrationsTable the host's; recorded, and left out of the tables
   */
  constructor(
    private readonly database: string,
    private readonly migrationsTable: string,
  ) {}

  take(part: DumpPart): void {
    if (part.part === 'rows') this.takeRows(part.table, part.rows);
    else if (part.part === 'line') this.takeLineOf(part.section, part.line.toString());
  }

  /** Rows as the dump prints them, each followed by one LF. Of all tables in this document, the migrations table too. */
  get allTables(): Record<string, TableSummary> {
    const summaries = [...this.running].map(
      ([name, { rows, digest }]) => [name, { rows, sha256: digest.copy().digest('hex') }] as const,
    );
    return Object.fromEntries(summaries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  get tables(): Record<string, TableSummary> {
    const { [this.migrationsTable]: _migrations, ...others } = this.allTables;
    return others;
  }

  get schema(): SchemaInfo {
    const fingerprint = createHash('sha256')
      .update(JSON.stringify([...this.ddl].sort()))
      .digest('hex');
    const migrations = this.migrations.sort((a, b) => a.id - b.id).map(({ name }) => name);
    return { fingerprint, migrations, ddl: this.ddl };
  }

  private takeLineOf(section: DumpSection, line: string): void {
    if (section === 'placeholder') this.takePlaceholder(line);
    else if (section === 'sequence' && isPosition(line)) this.structure.push(line.trimEnd());
    else this.takeLine(line);
  }

  private takePlaceholder(line: string): void {
    const view = /^-- Temporary (?:table|view) structure for view `(.*)`$/.exec(line.trimEnd())?.[1];
    if (view !== undefined) this.views.push(unquoted(view));
  }

  private takeLine(line: string): void {
    const text = line.trimEnd();
    if (text.startsWith('DELIMITER ')) this.delimiter = text.slice('DELIMITER '.length);
    else if (this.statement !== '' || !FRAME.test(text)) {
      this.statement += this.statement === '' ? text : `\n${text}`;
      if (text.endsWith(this.delimiter)) this.endStatement();
    }
  }

  private endStatement(): void {
    const printed = this.statement.slice(0, -this.delimiter.length).trim();
    this.statement = '';
    const [, kind, name] = CREATED.exec(printed) ?? [];
    const statement = kind === 'TABLE' ? withoutDatabase(printed, this.database) : printed;
    if (kind === 'TABLE') {
      this.structure.push(statement);
      this.tableOf(unquoted(name!));
    } else if (kind === 'SEQUENCE') this.sequences.set(unquoted(name!), statement);
    this.ddl.push(kind === 'TABLE' ? statement.replace(NEXT_KEY, '') : statement);
  }

  private tableOf(name: string): Running {
    const known = this.running.get(name) ?? { rows: 0, digest: createHash('sha256') };
    this.running.set(name, known);
    return known;
  }

  private takeRows(table: string, rows: Buffer[]): void {
    const running = this.tableOf(table);
    for (const row of rows) {
      running.digest.update(row).update('\n');
      running.rows++;
      if (table === this.migrationsTable) this.takeMigration(row.toString());
    }
  }

  /** As TypeORM writes them: id, timestamp, name. */
  private takeMigration(row: string): void {
    const [, id, name] = /^\((\d+),\d+,'((?:[^'\\]|\\.)*)'\)$/.exec(row) ?? [];
    if (name !== undefined) this.migrations.push({ id: Number(id), name: name.replaceAll(/\\(.)/g, '$1') });
  }
}

const unquoted = (name: string): string => name.replaceAll('``', '`');
