import { createHash } from 'node:crypto';
import type { DatabaseInfo, TableSummary } from '../../../model/manifest.js';
import type { TaskContext } from '../../../system/child-task-server.js';
import type { DatabaseTarget } from '../../database-target.js';
import type { StateName } from '../../../model/comparison.js';
import type { CapturedTable, CaptureSession } from '../../dialects/dialect.js';
import { dialectOf } from '../../dialects/dialects.js';
import type { ComparedSide, ComparedTable } from './compared-side.js';

const LF = 0x0a;

/**
 * The live database as one side, inside one read transaction. Its tables are read once for their digests, and only those that differ once more for their rows: so what
 * did not change costs no more than printing it, and the other side does not have to be opened for it.
 */
export class LiveSide implements ComparedSide {
  private constructor(
    readonly name: StateName,
    readonly tables: Readonly<Record<string, TableSummary>>,
    private readonly session: CaptureSession,
  ) {}

  /** @param wanted whether a table may be read later; the others are left out of `tables` */
  static async open(
    database: DatabaseTarget,
    at: string,
    wanted: (table: string) => boolean,
    context: TaskContext,
  ): Promise<LiveSide> {
    const session = await (await dialectOf(database)).beginCapture(database);
    try {
      const tables: [string, TableSummary][] = [];
      for (const table of session.tables)
        if (wanted(table.name)) tables.push([table.name, await summaryOf(table, context)]);
      return new LiveSide({ id: 'now', at }, Object.fromEntries(tables), session);
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  get database(): DatabaseInfo {
    return this.session.database;
  }

  open(name: string): Promise<ComparedTable> {
    const table = this.session.tables.find((captured) => captured.name === name)!;
    const { columns, primaryKey } = table;
    return Promise.resolve({ columns, primaryKey, pieces: piecesOf(table) });
  }

  finish(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.session.close();
  }
}

async function summaryOf(table: CapturedTable, context: TaskContext): Promise<TableSummary> {
  const digest = createHash('sha256');
  let rows = 0;
  for await (const lines of table.lines()) {
    digest.update(lines);
    for (let end = lines.indexOf(LF); end >= 0; end = lines.indexOf(LF, end + 1)) rows++;
    await context.breathe();
  }
  return { rows, sha256: digest.digest('hex') };
}

async function* piecesOf(table: CapturedTable): AsyncGenerator<Buffer> {
  yield* table.lines();
}
