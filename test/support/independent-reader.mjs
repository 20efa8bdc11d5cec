// Puts a snapshot together by docs/formats.md alone, without a line of the program: node independent-reader.mjs full.json [differential.json]
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Calls back for the line that opens a table, the one that opens a splice, and every row; no row is ever parsed, so no number is rounded. */
function readTables(text, { onTable, onSplice, onRow }) {
  const lines = text.split('\n');
  let inRows = false;
  for (const line of lines.slice(lines.indexOf('"tables":{') + 1)) {
    if (line === '}') return;
    if (/^\]\},?$/.test(line)) {
      inRows = false;
    } else if (inRows) {
      onRow(line.replace(/,$/, ''));
    } else {
      if (line.startsWith('{')) onSplice(JSON.parse(`${line}]}`));
      else onTable(Object.keys(JSON.parse(`{${line}]}}`))[0]);
      inRows = line.endsWith('"rows":[');
    }
  }
}

/** @returns a Map of each table's rows, as texts */
export function readFull(text) {
  const tables = new Map();
  let rows = [];
  readTables(text, {
    onTable: (name) => tables.set(name, (rows = [])),
    onRow: (row) => rows.push(row),
  });
  return tables;
}

/** The same, of a differential over its base. */
export function readDifferential(baseText, text) {
  const tables = readFull(baseText);
  const changes = new Map();
  let splices = [];
  readTables(text, {
    onTable: (name) => changes.set(name, (splices = [])),
    onSplice: ({ at, drop }) => splices.push({ at, drop, rows: [] }),
    onRow: (row) => splices.at(-1).rows.push(row),
  });
  for (const [name, ofTable] of changes) {
    const base = tables.get(name);
    const starts = [0, ...ofTable.map(({ at, drop }) => at + drop)];
    const ends = [...ofTable.map(({ at }) => at), base.length];
    const rows = starts.map((start, n) => [...base.slice(start, ends[n]), ...(ofTable[n]?.rows ?? [])]);
    tables.set(name, rows.flat());
  }
  return tables;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [base, change] = process.argv.slice(2).map((path) => readFileSync(path, 'utf8'));
  const tables = change === undefined ? readFull(base) : readDifferential(base, change);
  for (const [name, rows] of tables) for (const row of rows) process.stdout.write(`${JSON.stringify(name)} ${row}\n`);
}
