// The other end of other-process.ts: a program of its own with one connection to a database, and with the engine's own tasks.
import Database from 'better-sqlite3';

const context = { report: () => undefined, ready: async () => {}, write: async () => {}, breathe: async () => {} };
let database;

const tasks = {
  open: (path) => {
    database = new Database(path, { timeout: 20_000 });
  },
  exec: (sql) => void database.exec(sql),
  all: (sql) => database.prepare(sql).raw().all(),
  close: () => void database?.close(),
  // Most processes need no engine, and start faster without it.
  capture: async (request) => {
    const { captureTask } = await import('../../dist/backup/engines/json/capture.task.js');
    return captureTask(request, context);
  },
  /** What a capture would remember, and the rows it would see. */
  look: async (target) => {
    const { SqliteDialect } = await import('../../dist/backup/engines/dialects/sqlite/sqlite.dialect.js');
    const session = new SqliteDialect().beginCapture(target);
    const rows = session.tables.flatMap((table) => [...table.lines()].map(String)).join('');
    const { state } = session;
    session.close();
    return { state, rows };
  },
  /** Writes without an end. */
  loop: async ({ sql, every }) => {
    const statements = sql.map((text) => database.prepare(text));
    const write = database.transaction((n) => statements.forEach((statement) => statement.run({ n })));
    process.send({ answer: null });
    for (let n = 0; ; n++) {
      write.immediate(n);
      if (n % every === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
  },
};

process.on('message', async ({ task, payload }) => {
  try {
    process.send({ answer: (await tasks[task](payload)) ?? null });
  } catch (error) {
    process.send({ error: `${error.code ?? ''} ${error.message}` });
  }
});
