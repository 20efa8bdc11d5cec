import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { isCounter } from '../../../model/counters.js';
import type { BackupError } from '../../../model/errors.js';
import type { DatabaseManifest, TableSummary } from '../../../model/manifest.js';
import type { TaskContext } from '../../../system/child-task-server.js';
import type { SqliteTarget } from '../../database-target.js';
import type {
  CheckRestorableRequest,
  RestoreOutcome,
  RestoreRequest,
  SchemaDifference,
} from '../../database.engine.js';
import type { CapturedTable, CaptureSession } from '../../dialects/dialect.js';
import type { DocumentPart } from '../../dialects/document.parts.js';
import { schemaMismatch } from '../../dialects/restore.errors.js';
import { isRefusal } from '../../dialects/sqlite/sqlite.schema-text.js';
import { assertWritable, findUnwritable, type UnwritableTable } from '../../dialects/sqlite/sqlite.unwritable.js';
import { SqliteDialect } from '../../dialects/sqlite/sqlite.dialect.js';
import type { StoredSnapshot } from '../../snapshot.engine.js';
import type { NativeContent, NativeDatabase, ProvenContent } from '../native-database.js';
import { copyBack, copyDatabase, finishCopy } from './sqlite.copy.js';
import { withStagedCopy } from './sqlite.staging.js';

const LF = 0x0a;
/** Nobody else opens a stored copy. */
const BUSY_TIMEOUT_MS = 1000;

/**
 * SQLite: a copy of the file by the online backup API, and back by the JSON dialect's restore, which reads the rows out of that copy: one transaction,
 * proved before it commits, seen by every open connection. Where rows or indexes can only be written by the application, the file's pages are copied back
 * instead.
 */
export class NativeSqlite implements NativeDatabase<SqliteTarget> {
  private readonly dialect = new SqliteDialect();

  async capture(target: SqliteTarget, aside: string, context: TaskContext, codec?: string): Promise<NativeContent> {
    const pragmas = await copyDatabase(target, aside, context);
    const held = await this.lookInto({ ...target, path: aside }, context);
    return {
      ...held,
      schema: { ...held.schema, pragmas },
      database: { ...held.database, name: basename(target.path) },
      ...(await finishCopy(aside, codec, context)),
    };
  }

  private async lookInto(
    copy: SqliteTarget,
    context: TaskContext,
  ): Promise<Pick<NativeContent, 'tables' | 'database' | 'schema'>> {
    const session = this.dialect.beginCapture(copy);
    try {
      return { tables: await summaries(session, context), database: session.database, schema: session.schema };
    } finally {
      await session.close();
    }
  }

  compareSchema(
    target: SqliteTarget,
    { snapshot, tables }: Omit<CheckRestorableRequest, 'database'>,
  ): Promise<SchemaDifference[]> {
    return Promise.resolve(this.dialect.compareSchema(target, snapshot.manifest, tables));
  }

  restore(
    target: SqliteTarget,
    { snapshot, tables, allowSchemaChanges }: Omit<RestoreRequest, 'database'>,
    context: TaskContext,
  ): Promise<RestoreOutcome> {
    return withStagedCopy(snapshot, context, async (path) => {
      const { schema } = snapshot.manifest;
      const isMeant = (name: string) => tables === null || tables.includes(name);
      const unwritable = findUnwritable(schema.ddl, target.migrationsTable, isMeant);
      if (unwritable.length > 0 && tables === null) {
        const differences = this.dialect.compareSchema(target, snapshot.manifest, null);
        if (differences.length > 0 && !allowSchemaChanges) throw schemaMismatch(differences);
        await copyBack(path, target, context);
        return { tables: snapshot.manifest.tables, warnings: [copiedBack(unwritable)], missing: [] };
      }
      assertWritable(unwritable, 'Restore all tables: then the database file is copied back.');
      const session = this.dialect.beginCapture({ ...target, path });
      try {
        const plan = {
          manifest: snapshot.manifest,
          parts: partsOf(snapshot, session, isMeant),
          tables,
          allowSchemaChanges,
        };
        return await this.dialect.restore(target, plan, context);
      } finally {
        await session.close();
      }
    });
  }
}

const copiedBack = (unwritable: readonly UnwritableTable[]): string =>
  `Only the application can write ${unwritable.map(({ table }) => JSON.stringify(table)).join(', ')}, so the database file was copied back as a whole, with its schema and its migrations.`;

/** What a stored copy holds. The one table that the manifest does not count is that of the application's migrations. */
export async function storedContent(snapshot: StoredSnapshot, context: TaskContext): Promise<ProvenContent> {
  const { document, manifest } = snapshot;
  if (document.entry !== null || manifest.codec !== undefined)
    return withStagedCopy(snapshot, context, (path) => contentOfFile(path, manifest, context));
  return contentOfFile(document.path, manifest, context);
}

async function contentOfFile(path: string, manifest: DatabaseManifest, context: TaskContext): Promise<ProvenContent> {
  const target = { type: 'sqlite', path, busyTimeoutMs: BUSY_TIMEOUT_MS } as const;
  const dialect = new SqliteDialect();
  const others = await using(dialect.beginCapture({ ...target, migrationsTable: '' }), ({ tables }) =>
    tables.map(({ name }) => name).filter((name) => !Object.hasOwn(manifest.tables, name)),
  );
  return using(dialect.beginCapture({ ...target, migrationsTable: others[0] ?? '' }), async (session) => ({
    tables: await summaries(session, context),
    schema: session.schema,
  }));
}

async function using<T>(session: CaptureSession, work: (session: CaptureSession) => T): Promise<Awaited<T>> {
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

/** Rows and digests of every table, the same as those of a JSON snapshot. */
async function summaries(session: CaptureSession, context: TaskContext): Promise<Record<string, TableSummary>> {
  const found: [string, TableSummary][] = [];
  for (const table of session.tables) {
    context.report({ stage: 'check', progress: 0.6 + (0.35 * found.length) / session.tables.length });
    const read = await summaryIfReadable(table, context);
    if (read) found.push([table.name, read]);
  }
  return Object.fromEntries(found);
}

/** Of a table that only the application can read, for its key is sorted by the application's collation: none. */
async function summaryIfReadable(table: CapturedTable, context: TaskContext): Promise<TableSummary | null> {
  try {
    return await summary(table, context);
  } catch (error) {
    if (isRefusal((error as BackupError).cause ?? error)) return null;
    throw error;
  }
}

async function summary(table: CapturedTable, context: TaskContext): Promise<TableSummary> {
  const digest = createHash('sha256');
  let rows = 0;
  for await (const lines of table.lines()) {
    digest.update(lines);
    rows += countLines(lines);
    await context.breathe();
  }
  return { rows, sha256: digest.digest('hex') };
}

function countLines(lines: Buffer): number {
  let count = 0;
  for (let at = lines.indexOf(LF); at >= 0; at = lines.indexOf(LF, at + 1)) count++;
  return count;
}

/** What a document of these rows would hold. */
async function* partsOf(
  { manifest }: StoredSnapshot,
  session: CaptureSession,
  isMeant: (table: string) => boolean,
): AsyncGenerator<DocumentPart> {
  const { id, created_at, database } = manifest;
  yield { part: 'head', id, kind: 'full', base: null, created_at, database };
  for (const table of session.tables) {
    if (!isMeant(table.name) && !isCounter('sqlite', table.name)) continue;
    yield { part: 'table', name: table.name, columns: table.columns, primaryKey: table.primaryKey };
    for await (const lines of table.lines()) yield { part: 'rows', rows: joined(lines) };
  }
  yield { part: 'end' };
}

/** Whole lines as they would stand in a list: no line break stands inside a row. */
const joined = (lines: Buffer): Buffer =>
  Buffer.from(lines.toString('latin1', 0, lines.length - 1).replaceAll('\n', ',\n'), 'latin1');
