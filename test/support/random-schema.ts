import Database from 'better-sqlite3';
import fc from 'fast-check';

/** A value and how it gets into a statement: text that is not valid UTF-8 can only be bound as bytes. */
export interface RandomValue {
  sql: '?' | 'CAST(? AS TEXT)';
  bound: unknown;
}

interface RandomColumn {
  name: string;
  type: string;
  collation: '' | 'COLLATE NOCASE' | 'COLLATE RTRIM';
}

type Shape = 'rowid' | 'integer key' | 'autoincrement' | 'composite key' | 'without rowid';

const ODDITIES = [
  'check that rows break',
  'string in double quotes',
  'unknown collation',
  'comments',
  'default',
  'conflict clause',
] as const;
type Oddity = (typeof ODDITIES)[number];

interface RandomTable {
  name: string;
  shape: Shape;
  strict: boolean;
  descending: boolean;
  columns: RandomColumn[];
  generated: 'none' | 'STORED' | 'VIRTUAL';
  index: 'none' | 'partial' | 'expression';
  trigger: boolean;
  view: boolean;
  /** What only the statements of applications have, each in a column of its own. */
  oddities: Oddity[];
  /** Which table the last column refers to, this one too; null for none. */
  refersTo: number | null;
  rows: RandomValue[][];
}

export interface RandomEdit {
  kind: 'clear' | 'insert' | 'update' | 'delete one' | 'analyze';
  table: number;
  values: RandomValue[];
}

export interface RandomDatabase {
  tables: RandomTable[];
  edits: RandomEdit[];
  /** VACUUM puts views, triggers and virtual tables behind everything else in the schema. */
  vacuumed: boolean;
  analyzed: boolean;
}

const ODD_NAMES = [
  ...[
    'a"b',
    "it's",
    'back`tick',
    '[brackets]',
    'new\nline',
    'tab\t\r',
    'é ü',
    '日本語',
    '🎉',
    '\u2028',
    '\u007f',
    '\b\f',
  ],
  ...['select', 'order', 'values', 'table', 'null', '__proto__', 'constructor', 'toString', 'hasOwnProperty'],
  ...['$hex', '$real', '$.x', '$', 'a.b', '[0]', '%s', '\\', '\\u0041', '{"$hex":"00"}', "'; DROP TABLE x; --", ''],
  ...['rowid', 'oid', '_rowid_', 'value', 'key', 'line', 'r', 'name', 'seq', 'captured_tables', 'kept_sqlite_stat1'],
  ...['x'.repeat(300), ' leading and trailing ', '--', '/*', '1', '-1', 'json', 'json_object'],
];

const ODD_TEXTS = [
  ...['', '\0', 'a\0b', '{"$hex":"00"}', '[1,2]', 'null', 'true', '"quoted"', ':{"$', '},\n{', '\n]', ']}', '9.0e+999'],
  ...[
    '1e5',
    ' 12 ',
    '0x1F',
    '9223372036854775808',
    '1e999',
    '-0',
    '-0.0',
    '.5',
    '5.',
    '+3',
    'Infinity',
    'NaN',
    '\ufeff',
  ],
  ...[
    '\u2028\u2029',
    '\ud83c\udf89',
    'e\u0301',
    '\\',
    '\\u0000',
    "'",
    '\u{10ffff}',
    '\uffff',
    'JSON cannot hold BLOB values',
  ],
];

const INTEGERS = [0n, 1n, -1n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)];
const REALS = [
  0,
  -0,
  0.1,
  -0.5,
  1e21,
  1e-7,
  5e-324,
  2.2250738585072014e-308,
  Number.MAX_VALUE,
  1 / 3,
  Infinity,
  -Infinity,
  2 ** 53,
  2 ** 63,
];
const NOT_UTF8 = ['ff', '61ff62', 'c328', 'c0af', 'eda080', 'f4908080', '22c3', 'e4bd'];

/** Bytes that SQLite could take for its own binary JSON: null, true, 5, "a", [null], {"a": true}. */
const JSONB = ['00', '01', '1335', '1761', '1b00', '3c176101', '37000000'];

const plain = (bound: unknown): RandomValue => ({ sql: '?', bound });

const anyValue: fc.Arbitrary<RandomValue> = fc.oneof(
  fc.constant(plain(null)),
  fc.constantFrom(...INTEGERS).map(plain),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(plain),
  fc.constantFrom(...REALS).map(plain),
  { arbitrary: fc.uint8Array({ minLength: 8, maxLength: 8 }).map(realOfBits).map(plain), weight: 3 },
  fc.constantFrom(...ODD_TEXTS).map(plain),
  { arbitrary: fc.string({ unit: 'binary', maxLength: 20 }).map(plain), weight: 2 },
  fc.constantFrom(...NOT_UTF8).map((hex): RandomValue => ({ sql: 'CAST(? AS TEXT)', bound: Buffer.from(hex, 'hex') })),
  fc.uint8Array({ maxLength: 12 }).map((bytes): RandomValue => ({ sql: 'CAST(? AS TEXT)', bound: Buffer.from(bytes) })),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => plain(Buffer.from(bytes))),
  fc
    .constantFrom(...JSONB)
    .map((hex) => Buffer.from(hex, 'hex'))
    .map(plain),
);

/** Any bits that are a number; SQLite makes NULL of the others. */
function realOfBits(bits: Uint8Array): number {
  const real = Buffer.from(bits).readDoubleBE();
  return Number.isNaN(real) ? 0.1 : real;
}

const anyName = fc.oneof(
  { arbitrary: fc.constantFrom(...ODD_NAMES), weight: 3 },
  fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }).filter((name) => !name.includes('\0')),
);

/** SQLite tells names apart without the case of ASCII letters. */
const asSqliteSees = (name: string): string => name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

const LOOSE_TYPES = [
  'INTEGER',
  'INT',
  'TEXT',
  'REAL',
  'NUMERIC',
  'BLOB',
  '',
  'varchar(20)',
  'decimal(10,2)',
  'datetime',
  'FLOATING POINT',
  'boolean',
  'CLOB',
  'any',
];
const STRICT_TYPES = ['INT', 'INTEGER', 'REAL', 'TEXT', 'BLOB', 'ANY'];

const randomTable = (tables: number): fc.Arbitrary<Omit<RandomTable, 'name'>> =>
  fc.boolean().chain((strict) =>
    fc
      .uniqueArray(
        fc.record({
          name: anyName,
          type: fc.constantFrom(...(strict ? STRICT_TYPES : LOOSE_TYPES)),
          collation: fc.constantFrom<RandomColumn['collation'][]>('', '', 'COLLATE NOCASE', 'COLLATE RTRIM'),
        }),
        { minLength: 1, maxLength: 6, selector: ({ name }) => asSqliteSees(name) },
      )
      .chain((columns) =>
        fc.record({
          shape: fc.constantFrom<Shape[]>('rowid', 'integer key', 'autoincrement', 'composite key', 'without rowid'),
          strict: fc.constant(strict),
          descending: fc.boolean(),
          columns: fc.constant(columns),
          generated: fc.constantFrom<RandomTable['generated'][]>('none', 'none', 'STORED', 'VIRTUAL'),
          index: fc.constantFrom<RandomTable['index'][]>('none', 'partial', 'expression'),
          trigger: fc.boolean(),
          view: fc.boolean(),
          oddities: fc.subarray([...ODDITIES]),
          refersTo: fc.option(fc.nat(tables - 1)),
          rows: fc.array(fc.array(anyValue, { minLength: columns.length, maxLength: columns.length }), {
            maxLength: 25,
          }),
        }),
      ),
  );

const anyEdit: fc.Arbitrary<RandomEdit> = fc.record({
  kind: fc.constantFrom<RandomEdit['kind'][]>('clear', 'insert', 'insert', 'update', 'update', 'delete one', 'analyze'),
  table: fc.nat(10),
  values: fc.array(anyValue, { minLength: 6, maxLength: 6 }),
});

export const randomDatabase: fc.Arbitrary<RandomDatabase> = fc
  .uniqueArray(anyName, { minLength: 1, maxLength: 4, selector: asSqliteSees })
  .chain((names) =>
    fc.record({
      tables: fc
        .tuple(...names.map(() => randomTable(names.length)))
        .map((tables) => tables.map((table, n) => ({ ...table, name: names[n]! }))),
      edits: fc.array(anyEdit, { maxLength: 8 }),
      vacuumed: fc.boolean(),
      analyzed: fc.boolean(),
    }),
  );

/** Makes the database; rows that its own constraints refuse are left out. */
export function createRandom(
  path: string,
  { tables, vacuumed, analyzed }: RandomDatabase,
  journalMode: 'wal' | 'delete',
): void {
  const database = new Database(path);
  try {
    database.pragma(`journal_mode = ${journalMode}`);
    database.pragma('synchronous = off');
    database.pragma('foreign_keys = off');
    for (const table of tables) database.exec(createStatement(table, tables));
    for (const table of tables) for (const row of table.rows) insert(database, table, row);
    for (const table of tables) breakChecks(database, table);
    tables.forEach((table, n) => addSecondaryObjects(database, table, n));
    if (vacuumed) database.exec('VACUUM');
    if (analyzed) database.exec('ANALYZE');
    writeAsApplications(database);
  } finally {
    database.close();
  }
}

export function applyEdits(path: string, { tables, edits }: RandomDatabase): void {
  const database = new Database(path);
  try {
    database.pragma('foreign_keys = off');
    for (const { kind, table: n, values } of edits) {
      const table = tables[n % tables.length]!;
      const name = quoted(table.name);
      const column = quoted(table.columns.at(-1)!.name);
      if (kind === 'clear') database.exec(`DELETE FROM ${name}`);
      if (kind === 'insert') insert(database, table, values.slice(0, table.columns.length));
      if (kind === 'update')
        attempt(database, `UPDATE OR IGNORE ${name} SET ${column} = ${values[0]!.sql}`, [values[0]!.bound]);
      if (kind === 'delete one')
        database.exec(`DELETE FROM ${name} WHERE ${column} IS (SELECT ${column} FROM ${name} LIMIT 1)`);
      if (kind === 'analyze') database.exec('ANALYZE');
    }
  } finally {
    database.close();
  }
}

function insert(database: Database.Database, table: RandomTable, row: RandomValue[]): void {
  const columns = table.columns.map(({ name }) => quoted(name)).join(', ');
  const values = row.map(({ sql }) => sql).join(', ');
  attempt(
    database,
    `INSERT OR IGNORE INTO ${quoted(table.name)} (${columns}) VALUES (${values})`,
    row.map(({ bound }) => bound),
  );
}

/** What a table does not accept is not in it; full means that its AUTOINCREMENT keys have come to their end. */
function attempt(database: Database.Database, sql: string, values: unknown[]): void {
  try {
    database.prepare(sql).run(values);
  } catch (error) {
    if (!/^SQLITE_(CONSTRAINT|MISMATCH|FULL)/.test((error as { code?: string }).code ?? '')) throw error;
  }
}

/** Rows that were written before there was a check, or while it was not looked at. */
function breakChecks(database: Database.Database, { name, oddities }: RandomTable): void {
  if (!oddities.includes('check that rows break')) return;
  database.pragma('ignore_check_constraints = on');
  attempt(database, `UPDATE OR IGNORE ${quoted(name)} SET "is checked" = -1`, []);
  database.pragma('ignore_check_constraints = off');
}

const STAND_INS = [
  [`'a string'`, '"a string"'],
  ['COLLATE BINARY', 'COLLATE of_the_application'],
] as const;

/** What this build of SQLite refuses in a statement, and reads in a schema. */
function writeAsApplications(database: Database.Database): void {
  database.unsafeMode();
  database.pragma('writable_schema = on');
  for (const words of STAND_INS)
    database.prepare(`UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE type = 'table'`).run(...words);
  database.pragma('writable_schema = reset');
}

/** A table without row ids is sorted by all that it holds: with an unknown collation SQLite itself cannot read it, and a capture says so. */
const oddColumns = ({ oddities, shape }: RandomTable): string[] => [
  ...(oddities.includes('check that rows break') ? ['"is checked" INTEGER DEFAULT 1 CHECK ("is checked" > 0)'] : []),
  ...(oddities.includes('string in double quotes') ? [`"is quoted" TEXT CHECK ("is quoted" IS NOT 'a string')`] : []),
  ...(oddities.includes('unknown collation') && shape !== 'without rowid'
    ? [`"is collated" TEXT DEFAULT 'Ä' COLLATE BINARY`]
    : []),
  ...(oddities.includes('default') ? [`"has default" DEFAULT (1 + length('it''s "one"'))`] : []),
  ...(oddities.includes('conflict clause') ? ['"is unique" TEXT UNIQUE ON CONFLICT REPLACE'] : []),
];

function createStatement(table: RandomTable, tables: RandomTable[]): string {
  const { shape, columns, strict, generated, refersTo, oddities } = table;
  const first = quoted(columns[0]!.name);
  const definitions = columns.map(({ name, type, collation }, n) => {
    if (n === 0 && shape === 'integer key') return `${quoted(name)} INTEGER PRIMARY KEY`;
    if (n === 0 && shape === 'autoincrement') return `${quoted(name)} INTEGER PRIMARY KEY AUTOINCREMENT`;
    const reference =
      refersTo !== null && n > 0 && n === columns.length - 1 ? `REFERENCES ${quoted(tables[refersTo]!.name)}` : '';
    return `${quoted(name)} ${type} ${collation} ${reference}`;
  });
  if (generated !== 'none')
    definitions.splice(1, 0, `"is generated" TEXT AS (typeof(${first}) || hex(${first})) ${generated}`);
  definitions.push(
    ...oddColumns(table).map((column) => (strict ? column.replace('"has default"', '"has default" ANY') : column)),
  );
  if (shape === 'composite key' || shape === 'without rowid') {
    const key = columns
      .slice(0, 2)
      .map(({ name }, n) => `${quoted(name)}${table.descending && n === 0 ? ' DESC' : ''}`);
    definitions.push(`PRIMARY KEY (${key.join(', ')})`);
  }
  const options = [shape === 'without rowid' ? 'WITHOUT ROWID' : '', strict ? 'STRICT' : ''].filter(
    (option) => option !== '',
  );
  const between = oddities.includes('comments') ? `, -- it's "so", (as\n/* people; write */ ` : ', ';
  return `CREATE TABLE ${quoted(table.name)} (${definitions.join(between)}) ${options.join(', ')}`;
}

function addSecondaryObjects(database: Database.Database, table: RandomTable, n: number): void {
  const name = quoted(table.name);
  const column = quoted(table.columns[0]!.name);
  if (table.index === 'partial')
    database.exec(`CREATE INDEX "index ${n} ""of"" it" ON ${name} (${column} DESC) WHERE ${column} IS NOT NULL`);
  if (table.index === 'expression')
    database.exec(`CREATE INDEX "index ${n} ""of"" it" ON ${name} (hex(${column}), ${column}) -- an 'expression'`);
  if (table.trigger)
    database.exec(
      `CREATE TRIGGER "trigger ${n}" AFTER INSERT ON ${name} BEGIN DELETE FROM ${name} WHERE ${column} IS NULL; END`,
    );
  if (table.view) database.exec(`CREATE VIEW "view ${n}" AS SELECT * FROM ${name} -- a comment`);
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
