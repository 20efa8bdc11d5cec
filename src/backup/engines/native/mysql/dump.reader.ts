/**
 * What a line of a dump belongs to: `preamble` settings, a `sequence` (all of them come before the tables), a `table`, the `placeholder` of a view (so that views
 * can be made in any order), or a `definition` that holds no rows: a view, a routine, an event.
 */
export type DumpSection = 'preamble' | 'sequence' | 'table' | 'placeholder' | 'definition';

export type DumpPart =
  | { part: 'line'; section: DumpSection; line: Buffer }
  /** A line of an INSERT statement, with the rows in it as the dump prints them: `(1,'a')`. */
  | { part: 'rows'; table: string; line: Buffer; rows: Buffer[] }
  | { part: 'end' };

/** The dump does not end as it should. Whoever printed it ended too early, and knows why. */
export class DumpCutShort extends Error {}

const LF = 0x0a;
const QUOTE = 0x27;
const BACKSLASH = 0x5c;
const OPEN = 0x28;
const CLOSE = 0x29;
const INSERT = Buffer.from('INSERT INTO `');
/** Table and columns: 4096 of these, of 64 characters each. */
const LONGEST_HEAD = 300_000;
const HEADING =
  /^-- (Table structure|Sequence structure|Temporary (?:table|view) structure|Dumping events|Dumping routines|Final view structure) for /;
const INSERT_HEAD = /^INSERT INTO `((?:[^`]|``)*)`(?: \((?:[^`)]|`(?:[^`]|``)*`)*\))? VALUES ?/;

/**
 * Reads a dump of `mariadb-dump` or `mysqldump` line by line. No value holds a line break, which both escape; what stands between two DELIMITER lines is the
 * body of a routine or an event, and may look like anything.
 */
export async function* readDump(bytes: AsyncIterable<Buffer>): AsyncGenerator<DumpPart> {
  let section: DumpSection = 'preamble';
  let inBody = false;
  let table: string | null = null;
  let last = '';
  for await (const line of linesOf(bytes)) {
    const begins = !inBody && line.subarray(0, INSERT.length).equals(INSERT);
    if (begins || table !== null) {
      const head: RegExpExecArray | null = begins ? INSERT_HEAD.exec(line.toString('latin1', 0, LONGEST_HEAD)) : null;
      if (head) table = Buffer.from(head[1]!.replaceAll('``', '`'), 'latin1').toString();
      if (table === null) throw new DumpCutShort('An INSERT statement is of an unknown form.');
      yield { part: 'rows', table, line, rows: rowsIn(line, head?.[0].length ?? 0) };
      if (line.at(-2) === 0x3b) table = null;
      continue;
    }
    const text = line.length < 200 ? line.toString('latin1') : '';
    if (/^DELIMITER /.test(text)) inBody = text.trim() !== 'DELIMITER ;';
    const heading = inBody ? null : HEADING.exec(text);
    if (heading) section = sectionOf(heading[1]!);
    if (text.startsWith('-- ')) last = text;
    yield { part: 'line', section, line };
  }
  if (table !== null || inBody || !last.startsWith('-- Dump completed'))
    throw new DumpCutShort('The dump ends in the middle.');
  yield { part: 'end' };
}

function sectionOf(heading: string): DumpSection {
  if (heading === 'Table structure') return 'table';
  if (heading === 'Sequence structure') return 'sequence';
  return heading.startsWith('Temporary') ? 'placeholder' : 'definition';
}

/** Lines with their line breaks. */
async function* linesOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let pending: Buffer[] = [];
  for await (const piece of bytes) {
    let start = 0;
    for (let end = piece.indexOf(LF); end >= 0; end = piece.indexOf(LF, start)) {
      const rest = piece.subarray(start, end + 1);
      yield pending.length === 0 ? rest : Buffer.concat([...pending, rest]);
      pending = [];
      start = end + 1;
    }
    if (start < piece.length) pending.push(piece.subarray(start));
  }
  if (pending.length > 0) yield Buffer.concat(pending);
}

/** Rows stand in parentheses, their texts in single quotes. */
function rowsIn(line: Buffer, from: number): Buffer[] {
  const rows: Buffer[] = [];
  let depth = 0;
  let start = from;
  for (let at = from; at < line.length; at++) {
    const byte = line[at];
    if (byte === QUOTE) at = endOfText(line, at);
    else if (byte === OPEN && depth++ === 0) start = at;
    else if (byte === CLOSE && --depth === 0) rows.push(line.subarray(start, at + 1));
  }
  return rows;
}

/** Where a text's closing quote is. A doubled quote ends one text and begins the next, which comes to the same. */
function endOfText(line: Buffer, from: number): number {
  for (let at = line.indexOf(QUOTE, from + 1); at >= 0; at = line.indexOf(QUOTE, at + 1)) {
    let backslashes = 0;
    while (line[at - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return line.length;
}
