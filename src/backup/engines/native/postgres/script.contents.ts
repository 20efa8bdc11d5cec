import { createHash } from 'node:crypto';
import type { SchemaInfo, TableSummary } from '../../../model/manifest.js';
import { leadingNames, tableName } from './postgres.names.js';
import type { ScriptPart } from './sql-script.js';

/** What a script does that builds nothing. Large objects are data. */
const BUILDS_NOTHING =
  /^(?:SET|SELECT|COPY|BEGIN|COMMIT|REFRESH|\\)|^(?:ALTER|COMMENT ON|GRANT .* ON|REVOKE .* ON) LARGE OBJECT\b/;
const LF = 0x0a;

/** Where the rows of a table go: as the COPY statement of a script says, in UTF-8. */
export interface CopyTarget {
  /** As in a manifest. */
  table: string;
  /** Name and columns as SQL writes them, Latin-1 like the script's. */
  sql: string;
}

/** @param statement Latin-1, of which each character is a byte */
export function copyTarget(statement: string): CopyTarget | null {
  const found = /^(?:\s|--[^\n]*\n)*COPY ([\s\S]*) FROM stdin;\s*$/.exec(statement);
  if (!found) return null;
  const sql = found[1]!;
  const [schema = '', name = ''] = leadingNames(utf8(sql)).names;
  return { table: tableName(schema, name), sql };
}

/** Gathers what a script would build and fill: rows and digests of the tables, the statements of the schema, the migrations that ran. */
export class ScriptContents {
  readonly tables: Record<string, TableSummary> = {};
  private readonly ddl: string[] = [];
  private readonly migrations: { id: number; name: string }[] = [];
  private current: { table: string; columns: string[]; rows: number; digest: ReturnType<typeof createHash> } | null =
    null;

  /** @param migrationsTable the host's; recorded, and left out of the tables */
  constructor(private readonly migrationsTable: string) {}

  take(part: ScriptPart): void {
    if (part.part === 'statement') this.takeStatement(part.text, part.bare);
    else if (part.part === 'rows') this.takeRows(part.lines);
    else this.endRows();
  }

  get schema(): SchemaInfo {
    const fingerprint = createHash('sha256')
      .update(JSON.stringify([...this.ddl].sort()))
      .digest('hex');
    const migrations = this.migrations.sort((a, b) => a.id - b.id).map(({ name }) => name);
    return { fingerprint, migrations, ddl: this.ddl };
  }

  private takeStatement(text: string, bare: string): void {
    const target = copyTarget(text);
    if (target) {
      const columns = target.sql.slice(target.sql.lastIndexOf('(') + 1).split(/[,)]/);
      this.current = {
        table: target.table,
        columns: columns.map((each) => each.trim()),
        rows: 0,
        digest: createHash('sha256'),
      };
    } else if (!BUILDS_NOTHING.test(bare)) this.ddl.push(utf8(withoutComments(text)));
  }

  private takeRows(lines: Buffer): void {
    const { current } = this;
    if (!current) return;
    current.digest.update(lines);
    for (let at = lines.indexOf(LF); at >= 0; at = lines.indexOf(LF, at + 1)) current.rows++;
    if (current.table === this.migrationsTable) this.takeMigrations(current.columns, lines);
  }

  private takeMigrations(columns: string[], lines: Buffer): void {
    const [id, name] = [columns.indexOf('id'), columns.indexOf('name')];
    if (id < 0 || name < 0) return;
    for (const line of lines.toString().trimEnd().split('\n')) {
      const values = line.split('\t');
      this.migrations.push({ id: Number(values[id]), name: plain(values[name] ?? '') });
    }
  }

  private endRows(): void {
    if (this.current && this.current.table !== this.migrationsTable)
      this.tables[this.current.table] = { rows: this.current.rows, sha256: this.current.digest.digest('hex') };
    this.current = null;
  }
}

const ESCAPES: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** A value out of the text form of COPY. */
const plain = (value: string): string =>
  value.replaceAll(/\\(.)/g, (_, escaped: string) => ESCAPES[escaped] ?? escaped);

/** The comments that pg_dump writes before a statement. */
const withoutComments = (text: string): string => text.replace(/^(?:\s|--[^\n]*\n)*/, '').replace(/;\s*$/, '');

const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString();
