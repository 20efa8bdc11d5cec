import { BackupError } from '../../../model/errors.js';

/** Takes row lines apart into their values as they are written, without making anything of them. */
export class RowLineReader {
  private readonly openings: string[];

  /** @param columns what the rows hold, in their order */
  constructor(columns: readonly string[]) {
    this.openings = columns.map((name, n) => `${n === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  }

  /**
   * @param text rows joined by a comma and LF; in any encoding in which ASCII is ASCII
   * @throws BackupError `SNAPSHOT_CORRUPT` where they are not rows of these columns
   */
  *rows(text: string): Generator<string[]> {
    for (let at = 0; at < text.length;) {
      const values: string[] = [];
      for (const opening of this.openings) {
        if (!text.startsWith(opening, at)) throw notRows();
        const start = at + opening.length;
        at = endOfValue(text, start);
        values.push(text.slice(start, at));
      }
      if (this.openings.length === 0) at++; // the brace that opens it
      if (text[at++] !== '}') throw notRows();
      if (at < text.length && !text.startsWith(',\n', at)) throw notRows();
      at += 2;
      yield values;
    }
  }

  /** The same row with other values. */
  write(values: readonly string[]): string {
    return values.length === 0 ? '{}' : `${values.map((value, n) => this.openings[n]! + value).join('')}}`;
  }
}

function endOfValue(text: string, start: number): number {
  const first = text[start];
  const end =
    first === '"' ? endOfString(text, start) : first === '{' ? endOfWrapper(text, start) : endOfWord(text, start);
  if (end <= start) throw notRows();
  return end;
}

/** At the first quote with an even number of backslashes before it. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let before = quote;
    while (text[before - 1] === '\\') before--;
    if ((quote - before) % 2 === 0) return quote + 1;
  }
  return -1;
}

/** A wrapper holds one text without braces. */
const endOfWrapper = (text: string, start: number): number => text.indexOf('}', start) + 1;

function endOfWord(text: string, start: number): number {
  let end = start;
  while (end < text.length && text[end] !== ',' && text[end] !== '}') end++;
  return end;
}

const notRows = (): BackupError =>
  new BackupError(
    'SNAPSHOT_CORRUPT',
    'A row of the snapshot does not have the columns of its table. Use another snapshot.',
  );
