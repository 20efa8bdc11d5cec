import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readScript, ScriptCutShort, type ScriptPart } from './sql-script.js';

async function partsOf(script: string, pieceBytes = 1 << 20): Promise<ScriptPart[]> {
  const bytes = Buffer.from(script);
  const pieces = function* () {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  };
  const parts: ScriptPart[] = [];
  for await (const part of readScript(pieces() as unknown as AsyncIterable<Buffer>)) parts.push(part);
  return parts;
}

/** Statements as they stand there, and rows as one text. */
async function summary(script: string, pieceBytes?: number): Promise<string[]> {
  const reported: string[] = [];
  let rows: string | null = null;
  for (const part of await partsOf(script, pieceBytes)) {
    if (part.part === 'statement') reported.push(part.text.trim());
    else if (part.part === 'rows') rows = (rows ?? '') + part.lines.toString();
    else {
      reported.push(`rows: ${rows ?? ''}`);
      rows = null;
    }
  }
  return reported;
}

describe('a script', () => {
  const STATEMENTS = [
    `SET x = 'a;b';`,
    `CREATE TABLE "a;""b\nCOPY evil (a) FROM stdin;\n" (c text DEFAULT 'it''s; --');`,
    `CREATE FUNCTION f() RETURNS int AS $$ BEGIN; 'x COMMIT; $a$ END $$;`,
    `CREATE FUNCTION g() AS $body$ $$ ; $other$ ' $body$;`,
    `CREATE FUNCTION h() BEGIN ATOMIC\n SELECT 1;\n SELECT CASE WHEN true THEN 2 END;\nEND;`,
    `CREATE RULE r AS ON DELETE TO t DO ALSO ( SELECT 1; SELECT 2);`,
    `CREATE VIEW v AS SELECT E'a\\\\''; \\'' AS q, U&'x;' AS u, a$b$c, 'BEGIN ATOMIC';`,
    `/* a ; /* nested ' */ " */ SELECT 1;`,
    `COMMIT;`,
  ];

  it.each(STATEMENTS)('keeps %s in one', async (statement) => {
    expect(await summary(`${statement}\n\n${statement}\nSELECT 2;\n`)).toEqual([statement, statement, 'SELECT 2;']);
  });

  it('tells rows from statements, however it comes in pieces', async () => {
    const rows = `1\tCOMMIT;\n\\\\.\n2\t\\.x\n'"$$\n`;
    const script = `--\n-- a comment; 'x\n--\n\n\\restrict abc\n\n${STATEMENTS.join('\n\n')}\nCOPY public."x\n;y" ("a;") FROM stdin;\n${rows}\\.\n\n\nCOPY e  FROM stdin;\n\\.\nCOMMIT;\n`;
    const whole = await summary(script);
    expect(whole.slice(-4)).toEqual(
      [`COPY public."x\n;y" ("a;") FROM stdin;`, `rows: ${rows}`, 'COPY e  FROM stdin;', 'rows: ']
        .concat('COMMIT;')
        .slice(-4),
    );
    expect(whole[0]).toMatch(/\\restrict abc$/);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 80 }), async (size) => {
        expect(await summary(script, size)).toEqual(whole);
      }),
    );
  });

  it('hands out a very long row in pieces, and does not take its end for the end of the rows', async () => {
    for (const length of [65_535, 65_536, 65_537, 200_000]) {
      const row = `${'x'.repeat(length)}\\\\.\n`;
      for (const size of [1000, 65_536, 65_537, 1 << 20])
        expect(await summary(`COPY a (b) FROM stdin;\n${row}${row}\\.\n`, size)).toEqual([
          'COPY a (b) FROM stdin;',
          `rows: ${row}${row}`,
        ]);
      // A piece that ends just before what would be the end, were a line to begin there.
      const trap = `${'x'.repeat(length)}\\.\n`;
      expect(await summary(`COPY a (b) FROM stdin;\n${trap}\\.\n`, length + 23)).toEqual([
        'COPY a (b) FROM stdin;',
        `rows: ${trap}`,
      ]);
    }
  });

  it.each(['SELECT 1', `SELECT 'a;\n`, 'COPY a (b) FROM stdin;\n1\n', 'COPY a (b) FROM stdin;\n1\n\\.', '/* x\n'])(
    'that is cut off is noticed: %j',
    async (script) => {
      await expect(partsOf(script)).rejects.toBeInstanceOf(ScriptCutShort);
    },
  );
});
