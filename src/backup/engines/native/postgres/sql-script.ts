/** Whoever printed it ended too early, and knows why. */
export class ScriptCutShort extends Error {}

/** A script of `pg_dump` or `pg_restore`, as a sequence of its parts. */
export type ScriptPart =
  /** A statement as it stands there with the comments before it. */
  | { part: 'statement'; text: string; bare: string }
  /** Rows of the COPY statement before: lines, each ending with one LF, in the text form of COPY; only a very long one comes in pieces. */
  | { part: 'rows'; lines: Buffer }
  | { part: 'end of rows' };

const END_OF_ROWS = Buffer.from('\\.\n');
const LF = 0x0a;
const LONGEST_WAITING_BYTES = 64 * 1024;
const COPY_FROM_INPUT = /^COPY [\s\S]* FROM stdin;$/;
/** What changes how the characters after it are read. */
const TURN = /--|\/\*|'|"|\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$|[();]/g;
const ESCAPING_STRING = /(?:^|[^\w$\x80-\xff])[eE]$/;
const INSIDE_NAME = /[\w$\x80-\xff]$/;

/**
 * Cuts a script into statements and rows, by the rules of `psql`: names, texts and bodies of functions may hold anything, what looks like a statement or
 * like the rows of another table too. Texts are Latin-1, each character a byte.
 */
export async function* readScript(bytes: AsyncIterable<Buffer>): AsyncGenerator<ScriptPart> {
  let rest: Buffer = Buffer.alloc(0);
  let inRows = false;
  let inLine = false;
  const statement = new StatementReader();
  for await (const piece of bytes) {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    for (;;) {
      if (inRows) {
        const { rows, after, ended } = cutRows(rest, inLine);
        rest = after;
        if (rows.length > 0) {
          inLine = rows.at(-1) !== LF;
          yield { part: 'rows', lines: rows };
        }
        if (!ended) break;
        inRows = false;
        yield { part: 'end of rows' };
      }
      const end = rest.indexOf(LF);
      if (end < 0) break;
      for (const found of statement.line(rest.toString('latin1', 0, end + 1))) {
        yield found;
        inRows = COPY_FROM_INPUT.test(found.bare);
      }
      rest = rest.subarray(end + 1);
    }
  }
  if (inRows || statement.isOpen || rest.length > 0)
    throw new ScriptCutShort('The script ends in the middle of a statement.');
}

/** @param inLine whether the bytes go on with a line that has begun before */
function cutRows(bytes: Buffer, inLine: boolean): { rows: Buffer; after: Buffer; ended: boolean } {
  let from = 0;
  for (;;) {
    const at = bytes.indexOf(END_OF_ROWS, from);
    if (at < 0) break;
    if (at === 0 ? !inLine : bytes[at - 1] === LF)
      return { rows: bytes.subarray(0, at), after: bytes.subarray(at + END_OF_ROWS.length), ended: true };
    from = at + 1;
  }
  // The end of rows may be cut in two, so a line waits until it is whole, or too long to be that.
  const lines = bytes.lastIndexOf(LF) + 1;
  const whole = bytes.length - lines > LONGEST_WAITING_BYTES ? bytes.length : lines;
  return { rows: bytes.subarray(0, whole), after: bytes.subarray(whole), ended: false };
}

type Statement = Extract<ScriptPart, { part: 'statement' }>;

/** Puts statements together of their lines. */
class StatementReader {
  private text = '';
  /** The same without comments, and without what stands in quotes. */
  private bare = '';
  /** The quote, or the end of the comment, that is being looked for. */
  private until: RegExp | null = null;
  private comments = 0;
  private parentheses = 0;

  get isOpen(): boolean {
    return this.bare.trim() !== '' || this.until !== null || this.comments > 0;
  }

  *line(line: string): Generator<Statement> {
    if (!this.isOpen && line.startsWith('\\')) {
      yield { part: 'statement', text: this.text + line, bare: line.trim() };
      this.text = '';
      return;
    }
    let from = 0; // of what is not yet in `text`
    for (let at = 0; at < line.length;) {
      at = this.until || this.comments > 0 ? this.skip(line, at) : this.turn(line, at);
      if (!this.isComplete) continue;
      yield { part: 'statement', text: `${this.text}${line.slice(from, at)}\n`, bare: this.bare.trim() };
      this.text = this.bare = '';
      from = at;
    }
    const remains = line.slice(from);
    if (from === 0 || remains.trim() !== '') this.text += remains;
  }

  private get isComplete(): boolean {
    if (!this.bare.endsWith(';') || this.parentheses > 0 || this.until || this.comments > 0) return false;
    // A body between BEGIN ATOMIC and END is part of the statement.
    return !/^\s*CREATE\b[\s\S]*\bBEGIN\s+ATOMIC\b/i.test(this.bare) || /\n\s*END;$/i.test(this.bare);
  }

  /** Up to the next character that changes something. */
  private turn(line: string, at: number): number {
    TURN.lastIndex = at;
    const found = TURN.exec(line);
    if (!found) {
      this.bare += line.slice(at);
      return line.length;
    }
    const before = line.slice(at, found.index);
    const end = found.index + found[0].length;
    this.bare += before;
    switch (found[0]) {
      case '--':
        this.bare += '\n';
        return line.length;
      case '/*':
        this.comments = 1;
        return end;
      case "'":
        this.until = ESCAPING_STRING.test(this.bare) ? /\\[\s\S]|''|'/g : /'/g;
        break;
      case '"':
        this.until = /"/g;
        break;
      case '(':
        this.parentheses++;
        break;
      case ')':
        this.parentheses--;
        break;
      case ';':
        break;
      default:
        if (INSIDE_NAME.test(this.bare)) {
          this.bare += '$';
          return found.index + 1; // a dollar sign of a name
        }
        this.until = new RegExp(found[0].replaceAll('$', '\\$'), 'g');
    }
    this.bare += found[0];
    return end;
  }

  /** Over what stands in quotes or in a comment. */
  private skip(line: string, at: number): number {
    const end = this.until ?? /\/\*|\*\//g;
    end.lastIndex = at;
    const found = end.exec(line);
    if (!found) return line.length;
    if (this.until === null) this.comments += found[0] === '/*' ? 1 : -1;
    else if (!/^\\|^''$/.test(found[0])) {
      this.bare += found[0];
      this.until = null;
    }
    return found.index + found[0].length;
  }
}
