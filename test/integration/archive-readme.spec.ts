import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ARCHIVE_README } from '../../src/backup/archive/archive.readme.js';

interface Splice {
  at: number;
  drop: number;
  rows: string[];
}

const SNAPSHOT = 'auto_backup_20260130_120000';
const BASE = 'auto_backup_20260130_000000';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'readme-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The indented blocks, exactly as somebody pastes them into a shell. */
const blocks = ARCHIVE_README.split(/\n(?! {4})/).flatMap((part) => {
  const lines = part.split('\n').filter((line) => line.startsWith('    '));
  return lines.length > 0 ? [lines.join('\n')] : [];
});
const block = (start: string) => blocks.find((text) => text.trimStart().startsWith(start))!;
const choose = block('SNAPSHOT=');
const quoteRows = block('lines()');
const full = block('lines $SNAPSHOT.json');
const differential = block('BASE=');
const rowsOf = (table: string) => block('TABLE=').replace('TABLE=users', `TABLE='${table}'`);

const shell = (...scripts: string[]) =>
  execFileSync('sh', ['-euc', scripts.join('\n')], { cwd: folder, encoding: 'utf8' });

const header = (id: string, kind: string, base: string | null) =>
  `{\n"format":"nestjs-backup/snapshot","version":1,"id":"${id}","kind":"${kind}","base":${JSON.stringify(base)},\n"created_at":"2026-01-30T00:00:00.123Z",\n` +
  `"database":{"type":"sqlite","name":"app.sqlite","server_version":"3.53.2"},\n`;

function fullDocument(tables: Record<string, string[]>): string {
  const texts = Object.entries(tables).map(
    ([name, rows]) =>
      `${JSON.stringify(name)}:{"columns":[{"name":"id","type":"INTEGER"}],"primary_key":["id"],"rows":[\n${rows.map((row, i) => row + (i < rows.length - 1 ? ',' : '') + '\n').join('')}]}`,
  );
  return `"tables":{${texts.length > 0 ? `\n${texts.join(',\n')}\n` : ''}}\n}\n`;
}

function differentialDocument(tables: Record<string, Splice[]>): string {
  const splice = ({ at, drop, rows }: Splice) =>
    `{"at":${at},"drop":${drop},"rows":[\n${rows.map((row, i) => row + (i < rows.length - 1 ? ',' : '') + '\n').join('')}]}`;
  const texts = Object.entries(tables).map(
    ([name, splices]) => `${JSON.stringify(name)}:{"splices":[\n${splices.map(splice).join(',\n')}\n]}`,
  );
  return `"tables":{${texts.length > 0 ? `\n${texts.join(',\n')}\n` : ''}}\n}\n`;
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex');

async function put(
  id: string,
  kind: string,
  base: string | null,
  body: string,
  tables: Record<string, string[]>,
): Promise<void> {
  const document = header(id, kind, base) + body;
  JSON.parse(document); // the example is a document, not just something that the recipe happens to read
  await writeFile(join(folder, `${id}.json`), document);
  const summary = Object.entries(tables).map(([name, rows]) => [
    name,
    { rows: rows.length, sha256: digest(rows.map((row) => `${row}\n`).join('')) },
  ]);
  const manifest = {
    id,
    kind,
    base,
    created_at: '2026-01-30T00:00:00.123Z',
    checksum: digest(document),
    tables: Object.fromEntries(summary),
    schema: { ddl: ['CREATE TABLE users (id INTEGER)'] },
  };
  await writeFile(join(folder, `${id}.meta.json`), JSON.stringify(manifest, null, 2));
}

function applied(rows: string[], splices: Splice[]): string[] {
  const result: string[] = [];
  let at = 0;
  for (const splice of splices) {
    result.push(...rows.slice(at, splice.at), ...splice.rows);
    at = splice.at + splice.drop;
  }
  return [...result, ...rows.slice(at)];
}

/** Checks the printed digests as the README asks its reader to, and the rows byte for byte. */
async function expectRows(script: string, tables: Record<string, string[]>): Promise<void> {
  for (const [table, rows] of Object.entries(tables)) {
    const printed = shell(choose, quoteRows, script, rowsOf(table)).trimEnd().split('\n');
    expect(printed.at(-2)).toBe(printed.at(-1));
    expect(printed.slice(-2 - Object.keys(tables).length, -2)).toEqual(Object.keys(tables));
    expect(await readFile(join(folder, 'rows.jsonl'), 'utf8')).toBe(rows.map((row) => `${row}\n`).join(''));
  }
}

const awkward = [
  '{"id":9007199254740993,"email":"long@example.com"}',
  `{"id":9007199254740994,"email":"${'ü日'.repeat(20_000)}"}`, // longer than jq reads at once
  '{"id":-9223372036854775808,"real":1.10000000000000009e-5}',
  '{"id":1,"text":"},"}',
  '{"id":2,"text":"\\u0000 \\ud83d\\ude00 \\"quoted\\" \\\\ end"}',
  '{"id":3,"blob":{"$hex":"00FF10"}}',
  '{"id":4,"text":"[1,2,3]"}',
];
const base = {
  empty: [],
  'it is odd': ['{"id":1}', '{"id":2}'],
  users: Array.from({ length: 40 }, (_, id) => `{"id":${id},"email":"u${id}@example.com"}`),
  weird: awkward,
};

describe('README.txt', () => {
  it('has a recipe for everything', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(8);
    expect([choose, quoteRows, full, differential, rowsOf('users')].every(Boolean)).toBe(true);
    expect(ARCHIVE_README).toMatch(/^[\x20-\x7e\n]+$/);
    expect(Math.max(...ARCHIVE_README.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
  });

  it('shows what a snapshot is and whether it is undamaged', async () => {
    await put(SNAPSHOT, 'full', null, fullDocument(base), base);
    const check = block('sha256sum < $SNAPSHOT');
    const printed = shell(choose, check).trimEnd().split('\n');
    expect(printed.at(-2)).toBe(printed.at(-1));
    expect(JSON.parse(shell(choose))).toMatchObject({ kind: 'full', base: null, tables: { users: 40, empty: 0 } });
    shell(choose, block("jq -r '.schema.ddl"));
    expect(await readFile(join(folder, 'schema.sql'), 'utf8')).toBe('CREATE TABLE users (id INTEGER);\n');
  });

  it('reads a full snapshot exactly', async () => {
    await put(SNAPSHOT, 'full', null, fullDocument(base), base);
    await expectRows(full, base);
  });

  const changes: [what: string, splices: Record<string, Splice[]>][] = [
    ['unchanged', {}],
    ['one row', { users: [{ at: 3, drop: 1, rows: ['{"id":3,"email":"new"}'] }] }],
    [
      'many splices over several tables',
      {
        empty: [{ at: 0, drop: 0, rows: awkward }],
        'it is odd': [{ at: 0, drop: 2, rows: [] }],
        users: [
          { at: 0, drop: 0, rows: ['{"id":-2}', '{"id":-1}'] },
          { at: 0, drop: 2, rows: [] },
          { at: 5, drop: 3, rows: ['{"id":9007199254740993}'] },
          { at: 8, drop: 0, rows: ['{"id":8}'] },
          { at: 39, drop: 1, rows: [] },
          { at: 40, drop: 0, rows: ['{"id":41}', '{"id":42}'] },
        ],
        weird: [{ at: 6, drop: 0, rows: ['{"id":9223372036854775807}'] }],
      },
    ],
  ];
  it.each(changes)('puts a differential together exactly: %s', async (_, splices) => {
    const tables = Object.fromEntries(
      Object.entries(base).map(([name, rows]) => [name, applied(rows, splices[name] ?? [])]),
    );
    await put(BASE, 'full', null, fullDocument(base), base);
    await put(SNAPSHOT, 'differential', BASE, differentialDocument(splices), tables);
    await expectRows(differential, tables);
  });

  it('makes one full document of a base and a differential without long numbers', async () => {
    const small = { users: base.users };
    const splices = { users: [{ at: 1, drop: 1, rows: ['{"id":100}'] }] };
    const tables = { users: applied(base.users, splices.users) };
    await put(BASE, 'full', null, fullDocument(small), small);
    await put(SNAPSHOT, 'differential', BASE, differentialDocument(splices), tables);
    shell(choose, quoteRows, differential, block('jq -s "$PUT_TOGETHER" $BASE.json'));
    const made: unknown = JSON.parse(await readFile(join(folder, 'snapshot.json'), 'utf8'));
    expect(made).toEqual(JSON.parse(header(SNAPSHOT, 'full', null) + fullDocument(tables)));
  });
});
