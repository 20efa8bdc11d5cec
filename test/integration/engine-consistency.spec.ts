import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { EngineBench } from '../support/engine-bench.js';
import { InlineEngine } from '../support/inline-engines.js';

const ACCOUNTS = 2000;
const TOTAL = ACCOUNTS * 2 * 100;

let bench: EngineBench;

beforeEach(async () => {
  bench = await EngineBench.open(new InlineEngine());
});
afterEach(() => bench.close());

it.each(['wal', 'delete'] as const)(
  'every snapshot is the state of one moment while another process moves amounts between tables (%s)',
  async (mode) => {
    const database = new Database(bench.databasePath);
    database.pragma(`journal_mode = ${mode}`);
    database.exec(`CREATE TABLE a_first (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL); CREATE TABLE z_last (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL);
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ACCOUNTS}) INSERT INTO a_first SELECT i, 100 FROM n;
      INSERT INTO z_last SELECT * FROM a_first`);
    database.close();
    const writer = startWriter();
    try {
      await once(writer, 'message');
      const states = new Set<string>();
      for (let n = 0; n < 100; n++) {
        const { document, manifest } = await bench.capture();
        const { tables } = JSON.parse(await readFile(document.path, 'utf8')) as {
          tables: Record<string, { rows: { amount: number }[] }>;
        };
        const amounts = Object.values(tables).flatMap(({ rows }) => rows.map(({ amount }) => amount));
        expect(amounts.reduce((sum, amount) => sum + amount, 0)).toBe(TOTAL);
        states.add(manifest.checksum);
        await rm(document.path);
      }
      expect(states.size).toBeGreaterThan(10);
    } finally {
      writer.kill('SIGKILL');
      await once(writer, 'exit');
    }
  },
);

/** Another process with a connection of its own: moves amounts from either table to the other until it is killed. */
function startWriter(): ChildProcess {
  const script = `import Database from ${JSON.stringify(import.meta.resolve('better-sqlite3'))};
    const database = new Database(${JSON.stringify(bench.databasePath)}, { timeout: 20_000 });
    database.pragma('synchronous = off');
    const tables = ['a_first', 'z_last'];
    let n = 0;
    const move = database.transaction((from, to, amount) => {
      database.prepare('UPDATE ' + from + ' SET amount = amount - ? WHERE id = ?').run(amount, 1 + (n * 7919) % ${ACCOUNTS});
      database.prepare('UPDATE ' + to + ' SET amount = amount + ? WHERE id = ?').run(amount, 1 + (n * 104729) % ${ACCOUNTS});
    });
    for (;; n++) {
      move.immediate(tables[n % 2], tables[(n + 1 + (n >> 3)) % 2], 1 + (n % 13));
      if (n === 10) process.send('running');
      if (n % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }`;
  return spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}
