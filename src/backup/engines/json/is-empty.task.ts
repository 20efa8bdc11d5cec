import type { TaskContext } from '../../system/child-task-server.js';
import type { DatabaseTarget } from '../database-target.js';
import { dialectOf } from './dialects.js';

/** Whether no captured table holds a row. The migrations table, and what belongs to other tables, do not count. */
export async function isEmptyTask(database: DatabaseTarget, context: TaskContext): Promise<boolean> {
  const dialect = await dialectOf(database);
  const session = await dialect.beginCapture(database);
  try {
    for (const table of session.tables) {
      if (dialect.companions.includes(table.name)) continue;
      for await (const lines of table.lines()) if (lines.length > 0) return false;
      await context.breathe();
    }
    return true;
  } finally {
    await session.close();
  }
}
