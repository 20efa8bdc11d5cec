import { corrupt } from '../restore.errors.js';

const [TAB, LF, QUOTE, COMMA, BACKSLASH] = [0x09, 0x0a, 0x22, 0x2c, 0x5c];
const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];
const FIRST_PRINTABLE = 0x20;
/** What stands for null in a `COPY`; a text that reads so has its backslash doubled. */
const NULL = Buffer.from('\\N');
const NULL_ELEMENT = Buffer.from('NULL');
const NULL_IN_JSON = Buffer.from('null');
/** `\n` and its like are the same in JSON and in a `COPY`. */
const SAME_ESCAPES = new Set(Buffer.from('bfnrt'));
const ESCAPED_CONTROLS: Record<number, string> = { 8: '\\b', 9: '\\t', 10: '\\n', 12: '\\f', 13: '\\r' };
/** Numbers, `true` and `false`. */
const BARE = /^(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false)$/;
/** A backslash within an array is escaped for the array and for the `COPY`: four bytes for the two it has in JSON. */
const MOST_GROWTH = 2;

interface ExpectedColumn {
  /** `"id":`, as it stands in every row. */
  key: Buffer;
  kept: boolean;
}

/**
 * Turns row lines into the text that `COPY … FROM STDIN` reads: strings without their quotes, JSON arrays as the arrays of SQL. Byte by byte, so that every
 * digit stays what it is, and no value becomes one of JavaScript.
 */
export class CopyText {
  private readonly columns: ExpectedColumn[];
  private source: Buffer = Buffer.alloc(0);
  private at = 0;
  private text: Buffer = Buffer.alloc(0);
  private length = 0;

  /**
   * @param columns of every row, in their order
   * @param kept those that are wanted
   */
  constructor(columns: readonly string[], kept: readonly string[]) {
    this.columns = columns.map((name) => ({ key: Buffer.from(`${JSON.stringify(name)}:`), kept: kept.includes(name) }));
  }

  /**
   * @param rows joined by a comma and LF, as they stand in a document
   * @returns the text, whose memory the next call uses again
   * @throws BackupError `SNAPSHOT_CORRUPT` where they are not what the database prints
   */
  convert(rows: Buffer): { text: Buffer; rows: number } {
    this.source = rows;
    this.at = 0;
    const room = rows.length * MOST_GROWTH + 1;
    if (this.text.length < room) this.text = Buffer.allocUnsafeSlow(room);
    this.length = 0;
    let count = 0;
    while (this.at < rows.length) {
      if (count++ > 0) {
        this.expect(COMMA);
        this.expect(LF);
      }
      this.row();
    }
    return { text: this.text.subarray(0, this.length), rows: count };
  }

  private row(): void {
    this.expect(OPEN_BRACE);
    let isFirst = true;
    this.columns.forEach(({ key, kept }, n) => {
      if (n > 0) this.expect(COMMA);
      this.expectAll(key);
      const before = this.length;
      if (kept && !isFirst) this.put(TAB);
      this.value();
      if (kept) isFirst = false;
      else this.length = before;
    });
    this.expect(CLOSE_BRACE);
    this.put(LF);
  }

  private value(): void {
    const first = this.source[this.at];
    if (first === QUOTE) this.string(false);
    else if (first === OPEN_BRACKET) this.array();
    else if (first === NULL_IN_JSON[0]) this.null(NULL);
    else this.bare();
  }

  private null(text: Buffer): void {
    this.expectAll(NULL_IN_JSON);
    this.putAll(text);
  }

  private array(): void {
    this.expect(OPEN_BRACKET);
    this.put(OPEN_BRACE);
    for (let n = 0; this.source[this.at] !== CLOSE_BRACKET; n++) {
      if (n > 0) {
        this.expect(COMMA);
        this.put(COMMA);
      }
      this.element();
    }
    this.at++;
    this.put(CLOSE_BRACE);
  }

  private element(): void {
    const first = this.source[this.at];
    if (first === QUOTE) {
      this.put(QUOTE);
      this.string(true);
      this.put(QUOTE);
    } else if (first === OPEN_BRACKET) this.array();
    else if (first === NULL_IN_JSON[0]) this.null(NULL_ELEMENT);
    else this.bare();
  }

  private bare(): void {
    const start = this.at;
    for (let byte = this.source[this.at]; byte !== undefined; byte = this.source[++this.at])
      if (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET) break;
    const token = this.source.subarray(start, this.at);
    if (!BARE.test(token.toString('latin1'))) throw unreadable();
    this.putAll(token);
  }

  private string(inArray: boolean): void {
    const { source, text } = this;
    let at = this.at + 1;
    let length = this.length;
    for (let byte = source[at]; byte !== QUOTE; byte = source[at]) {
      if (byte === undefined || byte < FIRST_PRINTABLE) throw unreadable();
      if (byte !== BACKSLASH) {
        text[length++] = byte;
        at++;
        continue;
      }
      this.at = at + 1;
      this.length = length;
      this.escape(inArray);
      at = this.at;
      length = this.length;
    }
    this.at = at + 1;
    this.length = length;
  }

  /** What follows a backslash. */
  private escape(inArray: boolean): void {
    const letter = this.source[this.at++];
    if (letter === undefined) throw unreadable();
    if (SAME_ESCAPES.has(letter)) {
      this.put(BACKSLASH);
      this.put(letter);
    } else if (letter === 0x75) {
      this.character(this.codePoint(), inArray);
    } else if (letter === QUOTE || letter === BACKSLASH || letter === 0x2f) {
      this.character(letter, inArray);
    } else {
      throw unreadable();
    }
  }

  /** The one or two `\uXXXX` of which the first `\u` has been read. */
  private codePoint(): number {
    const unit = this.codeUnit();
    if (unit < 0xd800 || unit > 0xdfff) return unit;
    this.expect(BACKSLASH);
    this.expect(0x75);
    const low = this.codeUnit();
    if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff) throw unreadable();
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
  }

  private codeUnit(): number {
    const digits = this.source.toString('latin1', this.at, this.at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw unreadable();
    this.at += 4;
    return Number.parseInt(digits, 16);
  }

  private character(codePoint: number, inArray: boolean): void {
    if (codePoint === 0) throw unreadable(); // no text of PostgreSQL holds it
    if (codePoint === BACKSLASH) this.putAll(Buffer.from(inArray ? '\\\\\\\\' : '\\\\'));
    else if (codePoint === QUOTE && inArray) this.putAll(Buffer.from('\\\\"'));
    else this.putAll(Buffer.from(ESCAPED_CONTROLS[codePoint] ?? String.fromCodePoint(codePoint)));
  }

  private expect(byte: number): void {
    if (this.source[this.at++] !== byte) throw unreadable();
  }

  private expectAll(bytes: Buffer): void {
    for (let n = 0; n < bytes.length; n++) if (this.source[this.at + n] !== bytes[n]) throw unreadable();
    this.at += bytes.length;
  }

  private put(byte: number): void {
    this.text[this.length++] = byte;
  }

  private putAll(bytes: Buffer): void {
    for (let n = 0; n < bytes.length; n++) this.text[this.length++] = bytes[n]!;
  }
}

const unreadable = (): Error => corrupt('a row is not as the database prints it');
