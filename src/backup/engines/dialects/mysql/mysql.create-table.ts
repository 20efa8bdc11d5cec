/** A column as a `CREATE TABLE` statement describes it. */
export interface DescribedColumn {
  name: string;
  type: string;
  /** `''` for what is not text. */
  charset: string;
  collation: string;
  notNull: boolean;
  generated: boolean;
}

export interface DescribedTable {
  name: string;
  columns: DescribedColumn[];
  /** The parts of the primary key as SQL writes them. */
  primaryKey: string[];
}

const NAME = '`(?:[^`]|``)*`';
const BEGIN = new RegExp(`^\\s*CREATE\\s+TABLE\\s+(${NAME})\\s*\\(`, 'i');
/** What ends the type of a column. */
const AFTER_TYPE =
  /^(?:NOT NULL|NULL|DEFAULT|COMMENT|AUTO_INCREMENT|CHARACTER SET|COLLATE|GENERATED|AS|UNIQUE|PRIMARY|KEY|CHECK|REFERENCES|ON UPDATE|INVISIBLE|VISIBLE|COMPRESSED|WITHOUT|REF_SYSTEM_ID|STORED|VIRTUAL|SRID|COLUMN_FORMAT|STORAGE)\b/i;

/**
 * Reads what `SHOW CREATE TABLE` prints, since a manifest holds the schema as statements.
 * @returns undefined for any other statement
 */
export function readCreateTable(sql: string): DescribedTable | undefined {
  const begin = BEGIN.exec(sql);
  if (!begin) return undefined;
  const end = endOfColumns(sql);
  const definitions = splitAtCommas(sql.slice(begin[0].length, end - 1));
  const options = sql.slice(end);
  const primaryKey = definitions.find((text) => /^PRIMARY KEY/i.test(text)) ?? '';
  return {
    name: unquote(begin[1]!),
    columns: definitions.filter((text) => text.startsWith('`')).map((text) => describe(text, tableText(options))),
    primaryKey: splitAtCommas(primaryKey.slice(primaryKey.indexOf('(') + 1, primaryKey.lastIndexOf(')'))),
  };
}

/** Where the parentheses around the columns have been closed. */
export function endOfColumns(sql: string): number {
  const open = (BEGIN.exec(sql)?.[0].length ?? 1) - 1;
  let depth = 0;
  for (let at = open; at < sql.length; at = afterToken(sql, at)) {
    if (sql[at] === '(') depth++;
    if (sql[at] === ')' && --depth === 0) return at + 1;
  }
  return sql.length;
}

function splitAtCommas(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at = afterToken(text, at)) {
    if (text[at] === '(') depth++;
    if (text[at] === ')') depth--;
    if (text[at] !== ',' || depth > 0) continue;
    parts.push(text.slice(start, at).trim());
    start = at + 1;
  }
  return [...parts, text.slice(start).trim()].filter((part) => part !== '');
}

/** Past one character, or past a whole name, text or comment. */
function afterToken(text: string, at: number): number {
  const quote = text[at];
  if (quote !== '`' && quote !== "'" && quote !== '"') return at + 1;
  for (let end = at + 1; end < text.length; end++) {
    if (text[end] === '\\' && quote !== '`') end++;
    else if (text[end] === quote && text[end + 1] === quote) end++;
    else if (text[end] === quote) return end + 1;
  }
  return text.length;
}

interface TextSettings {
  charset: string;
  collation: string;
}

function describe(text: string, table: Partial<TextSettings>): DescribedColumn {
  const name = text.slice(0, afterToken(text, 0));
  const words = splitWords(text.slice(name.length));
  const end = words.findIndex((_, n) => AFTER_TYPE.test(words.slice(n, n + 2).join(' ')));
  const type = words.slice(0, end < 0 ? words.length : end).join(' ');
  // Without defaults, expressions and comments, which may say anything.
  const rest = words
    .slice(end < 0 ? words.length : end)
    .filter((word) => !/['"`(]/.test(word))
    .join(' ');
  const isText = /^(?:var)?char|text$|^enum|^set/i.test(type);
  return {
    name: unquote(name),
    type: sameName(type),
    charset: '',
    collation: '',
    ...(isText ? { ...table, ...textSettings(rest) } : {}),
    notNull: /\bNOT NULL\b/i.test(rest),
    generated: /^(?:CHARACTER SET \S+ )?(?:COLLATE \S+ )?(?:GENERATED ALWAYS )?AS\b/i.test(rest),
  };
}

/** At spaces outside names, texts and parentheses. */
function splitWords(text: string): string[] {
  const words: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= text.length; at = at < text.length ? afterToken(text, at) : at + 1) {
    if (text[at] === '(') depth++;
    if (text[at] === ')') depth--;
    if (at < text.length && (text[at] !== ' ' || depth > 0)) continue;
    if (at > start) words.push(text.slice(start, at));
    start = at + 1;
  }
  return words.filter((word) => word !== '/*!80023' && word !== '/*!80003' && word !== '*/');
}

const tableText = (options: string): Partial<TextSettings> =>
  textSettings(options.replace(/'(?:[^'\\]|\\.|'')*'/g, '').replace(/\bDEFAULT CHARSET=/i, 'CHARACTER SET '));

/** A character set without a collation has the one that is its default. */
function textSettings(text: string): Partial<TextSettings> {
  const charset = /\bCHARACTER SET (\w+)/i.exec(text)?.[1];
  const collation = /\bCOLLATE[ =](\w+)/i.exec(text)?.[1];
  const known = charset ?? collation?.split('_')[0];
  if (known === undefined) return {};
  const name = known === 'utf8' ? 'utf8mb3' : known;
  return { charset: name, collation: collation ?? `default of ${name}` };
}

/** MySQL no longer prints how wide integers are displayed, which says nothing about what they hold. */
const sameName = (type: string): string =>
  /zerofill/i.test(type) ? type : type.replace(/^((?:tiny|small|medium|big)?int)\(\d+\)/i, '$1');

const unquote = (name: string): string => name.slice(1, -1).replaceAll('``', '`');
