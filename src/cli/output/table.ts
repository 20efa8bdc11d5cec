import { plainText } from './plain-text.js';

export interface Column<Row> {
  title: string;
  value: (row: Row) => string;
  align?: 'right';
  /** Gives way where the terminal is too narrow. */
  flexible?: true;
  /** Left out where the terminal is too narrow all the same, the lowest number first. */
  expendable?: number;
}

const GAP = '  ';
const NARROWEST = 8;

/** Aligned columns. @param width of the terminal; undefined cuts nothing off */
export function table<Row>(all: readonly Column<Row>[], rows: readonly Row[], width: number | undefined): string {
  const columns = width === undefined ? all : fitting(all, rows, width);
  const cells = rows.map((row) => columns.map(({ value }) => plainText(value(row))));
  const widths = columns.map(({ title }, place) =>
    Math.max(lengthOf(title), ...cells.map((line) => lengthOf(line[place]!))),
  );
  if (width !== undefined) narrow(columns, widths, width);
  const lines = [columns.map(({ title }) => title), ...cells];
  return lines.map((line) => lineOf(line, columns, widths)).join('\n');
}

/** Without as many of the expendable columns as it takes. */
function fitting<Row>(all: readonly Column<Row>[], rows: readonly Row[], width: number): readonly Column<Row>[] {
  const narrowest = ({ title, value, flexible }: Column<Row>): number => {
    const widest = Math.max(lengthOf(title), ...rows.map((row) => lengthOf(plainText(value(row)))));
    return flexible ? Math.min(widest, NARROWEST) : widest;
  };
  let excess = all.reduce((sum, column) => sum + narrowest(column) + GAP.length, -GAP.length) - width;
  const left = new Set<Column<Row>>();
  const expendable = all.filter((column) => column.expendable !== undefined);
  for (const column of expendable.sort((a, b) => a.expendable! - b.expendable!)) {
    if (excess <= 0) break;
    left.add(column);
    excess -= narrowest(column) + GAP.length;
  }
  return all.filter((column) => !left.has(column));
}

/** Takes what is too much from the flexible columns. */
function narrow<Row>(columns: readonly Column<Row>[], widths: number[], width: number): void {
  let excess = widths.reduce((sum, one) => sum + one + GAP.length, -GAP.length) - width;
  for (let place = columns.length - 1; place >= 0 && excess > 0; place--) {
    if (!columns[place]!.flexible) continue;
    const taken = Math.min(excess, Math.max(0, widths[place]! - NARROWEST));
    widths[place]! -= taken;
    excess -= taken;
  }
}

function lineOf<Row>(line: readonly string[], columns: readonly Column<Row>[], widths: readonly number[]): string {
  const cells = line.map((text, place) => {
    const cut = shortened(text, widths[place]!);
    const padding = ' '.repeat(widths[place]! - lengthOf(cut));
    return columns[place]!.align === 'right' ? padding + cut : cut + padding;
  });
  return cells.join(GAP).trimEnd();
}

/** In letters, not in the units of UTF-16. */
const lengthOf = (text: string): number => [...text].length;

const shortened = (text: string, length: number): string =>
  lengthOf(text) <= length ? text : `${[...text].slice(0, length - 2).join('')}..`;

/** `name   value` lines, without those that have nothing to say. */
export function facts(pairs: readonly (readonly [name: string, value: string | null | undefined])[]): string {
  const filled = pairs.filter((pair): pair is readonly [string, string] => Boolean(pair[1]));
  const width = Math.max(0, ...filled.map(([name]) => name.length));
  return filled.map(([name, value]) => `${name.padEnd(width)}${GAP}${plainText(value)}`).join('\n');
}
