// Measures what docs/benchmarks.md shows: `node bench/run.mjs [--quick] [--only P4,P7] [--write]`. Build first; `npm run bench` does.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from './machine.mjs';
import { printTable, writeReport } from './report.mjs';
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
};

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const chosen = values.only?.split(',') ?? Object.keys(FIGURES);
const unknown = chosen.filter((name) => !Object.hasOwn(FIGURES, name));
if (unknown.length > 0)
  throw new Error(`No figure ${unknown.join(', ')}; there are ${Object.keys(FIGURES).join(', ')}.`);

const machine = describeMachine();
console.log(machine.join('\n'));
const folder = await mkdtemp(join(tmpdir(), 'bench-'));
const rows = [];
const notes = [];
try {
  for (const name of chosen) {
    console.log(`measuring ${name} …`);
    try {
      const measured = await FIGURES[name]({ folder, quick: values.quick });
      rows.push(...measured.rows);
      notes.push(...measured.notes);
    } catch (error) {
      console.error(error); // the other figures are worth knowing all the same
      rows.push(failedRow(name));
      process.exitCode = 1;
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
printTable(rows);
const command = `npm run bench -- ${process.argv.slice(2).join(' ')}`;
if (values.write) await writeReport({ rows, notes, machine, command });
