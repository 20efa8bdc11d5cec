import { existsSync } from 'node:fs';
import { isCounter } from '../../model/counters.js';
import type { TaskContext } from '../../system/child-task-server.js';
import type { DatabaseTarget, Occupancy } from '../database-target.js';
import { dialectOf } from './dialects.js';

/** What there is to lose in a database. The migrations table, and what belongs to other tables, do not count. */
export async function occupancyTask(database: DatabaseTarget, context: TaskContext): Promise<Occupancy> {
  if (database.type === 'sqlite' && !existsSync(database.path)) return 'missing';
  const dialect = await dialectOf(database);
  const session = await dialect.beginCapture(database);
  try {
    const tables = session.tables.filter(({ name }) => !isCounter(database.type, name));
    for (const table of tables) {
      for await (const lines of table.lines()) if (lines.length > 0) return 'rows';
      await context.breathe();
    }
    return tables.length === 0 ? 'no_tables' : 'no_rows';
  } finally {
    await session.close();
  }
}
