// Measures what docs/benchmarks.md shows: `node bench/run.mjs [--on postgres|mariadb] [--quick] [--only P4,P7] [--write]`. Build first; `npm run bench` does. bench/README.md says
// more.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { describeMachine } from './machine.mjs';
import { printReport, writeReport } from './report.mjs';
import { failedRow } from './text.mjs';

const FIGURES = {
  P1: async (setting) => (await import('./figures/storage.mjs')).storage(setting),
  P2: async (setting) => (await import('./figures/ticks.mjs')).quietTick(setting),
  P3: async (setting) => (await import('./figures/ticks.mjs')).busyTick(setting),
  P4: async (setting) => (await import('./figures/first-full.mjs')).firstFull(setting),
  P5: async (setting) => (await import('./figures/responsiveness.mjs')).responsiveness(setting),
  P6: async (setting) => (await import('./figures/memory-use.mjs')).memoryUse(setting),
  P7: async (setting) => (await import('./figures/restore.mjs')).restore(setting),
  P8: async (setting) => (await import('./figures/listing.mjs')).listing(setting),
  P9: async (setting) => (await import('./figures/archiving.mjs')).archiving(setting), // P10 with it
  P11: async (setting) => (await import('./figures/extraction.mjs')).extraction(setting),
  P12: async (setting) => (await import('./figures/ticks.mjs')).tickAgainstDump(setting),
  P13: async (setting) => (await import('./figures/many.mjs')).manySnapshots(setting),
  D: async (setting) => (await import('./figures/dashboard.mjs')).dashboard(setting),
  L: async (setting) => (await import('./figures/losses.mjs')).losses(setting),
};

/** Where the workload can live: what it is called, and which figures are measured there. */
const DATABASES = {
  sqlite: {
    kind: async () => (await import('./sqlite.mjs')).SqliteW1,
    figures: Object.keys(FIGURES).filter((name) => name !== 'P12'),
  },
  postgres: { kind: async () => (await import('./postgres.mjs')).PostgresW1, figures: ['P1', 'P3', 'P7', 'P12'] },
  mariadb: { kind: async () => (await import('./mariadb.mjs')).MariaDbW1, figures: ['P1', 'P3', 'P7'] },
};

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    on: { type: 'string', default: 'sqlite' },
    write: { type: 'boolean', default: false },
  },
});
if (!Object.hasOwn(DATABASES, values.on)) throw new Error(`--on is one of ${Object.keys(DATABASES).join(', ')}.`);
const database = DATABASES[values.on];
const kind = await database.kind();
const chosen = values.only?.split(',') ?? database.figures;
const unknown = chosen.filter((name) => !database.figures.includes(name));
if (unknown.length > 0)
  throw new Error(`No figure ${unknown.join(', ')}; on ${values.on} there are ${database.figures.join(', ')}.`);
if (values.write && (values.quick || values.only))
  throw new Error('docs/benchmarks.md holds whole runs: --write goes with neither --quick nor --only.');

const machine = describeMachine();
console.log(machine.join('\n'));
const folder = await mkdtemp(join(tmpdir(), 'bench-'));
const rows = [];
const notes = [];
const started = performance.now();
try {
  for (const name of chosen) {
    console.log(`measuring ${name} …`);
    const began = performance.now();
    try {
      const measured = await FIGURES[name]({ folder, quick: values.quick, kind });
      rows.push(...measured.rows);
      notes.push(...measured.notes);
    } catch (error) {
      console.error(error); // the other figures are worth knowing all the same
      rows.push(failedRow(name));
      process.exitCode = 1;
    }
    console.log(`${name} took ${Math.round((performance.now() - began) / 1000)} s`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
const took = performance.now() - started;
printReport({ rows, notes, took });
if (process.exitCode) console.error('Something could not be measured, so nothing is written.');
else if (values.write) await writeReport({ on: values.on, rows, notes, machine, took });
