/** A piece of SQL that means something: a bare word in capitals, a quoted name, a text, a number, a sign. Comments are none. */
export interface Token {
  kind: 'word' | 'name' | 'text' | 'number' | 'sign';
  /** Of a name or a text what stands within its quotes. */
  text: string;
}

/** In what the databases' SQL differs, where it decides where a text, a name or a comment ends. */
export interface Lexis {
  /** Quotes of names, each with what closes it. */
  names: Readonly<Record<string, string>>;
  /** Quotes of texts. */
  texts: string;
  /** Whether a backslash within a text takes the next character with it: `'`, always; `E`, in texts such as `E'…'`. */
  backslash: 'never' | 'always' | 'E';
  dollarQuotes: boolean;
  nestedComments: boolean;
  /** A comment from `#` to the end of the line; and `--` begins one only before white space. */
  mysqlComments: boolean;
}

/** Bodies of functions hold anything, so a text of this kind of quotes ends where its own tag comes again. */
const DOLLAR_TAG = /^\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/;
const WORD = /^[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/;
const NUMBER = /^(?:0x[0-9A-Fa-f]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)/;
// eslint-disable-next-line no-control-regex -- MySQL takes control characters for white space after --
const BEGINS_MYSQL_COMMENT = /^--(?:[\s\x00-\x1f]|$)/;
/** Of these MySQL runs the content, from some version on: it is read as what it says. */
const EXECUTED_COMMENT = /^\/\*M?!\d*/;

/**
 * Cuts SQL into its tokens.
 * @returns null where a text, a name or a comment does not end: then nobody can say where the statement does
 */
export function tokensOf(sql: string, lexis: Lexis): Token[] | null {
  const tokens: Token[] = [];
  let executed = 0;
  for (let at = 0; at < sql.length;) {
    const rest = sql.slice(at, at + 512);
    const character = sql[at]!;
    if (/\s/.test(character)) {
      at++;
    } else if (lexis.mysqlComments && EXECUTED_COMMENT.test(rest)) {
      at += EXECUTED_COMMENT.exec(rest)![0].length;
      executed++;
    } else if (executed > 0 && rest.startsWith('*/')) {
      at += 2;
      executed--;
    } else if (beginsLineComment(rest, lexis)) {
      const end = sql.indexOf('\n', at);
      at = end < 0 ? sql.length : end;
    } else if (rest.startsWith('/*')) {
      const end = endOfComment(sql, at, lexis.nestedComments);
      if (end === null) return null;
      at = end;
    } else {
      const found = tokenAt(sql, at, rest, lexis);
      if (!found) return null;
      tokens.push(found.token);
      at = found.end;
    }
  }
  return executed === 0 ? tokens : null;
}

const beginsLineComment = (rest: string, { mysqlComments }: Lexis): boolean =>
  mysqlComments ? rest.startsWith('#') || BEGINS_MYSQL_COMMENT.test(rest) : rest.startsWith('--');

function tokenAt(sql: string, at: number, rest: string, lexis: Lexis): { token: Token; end: number } | null {
  const character = sql[at]!;
  const closesName = Object.hasOwn(lexis.names, character) ? lexis.names[character]! : undefined;
  if (closesName !== undefined) return quotedAt(sql, at, closesName, false, 'name');
  if (lexis.texts.includes(character)) return quotedAt(sql, at, character, lexis.backslash === 'always', 'text');
  if (lexis.backslash === 'E' && /^[eE]'/.test(rest)) return quotedAt(sql, at + 1, "'", true, 'text');
  const tag = lexis.dollarQuotes ? DOLLAR_TAG.exec(rest)?.[0] : undefined;
  if (tag !== undefined) {
    const end = sql.indexOf(tag, at + tag.length);
    return end < 0 ? null : { token: { kind: 'text', text: sql.slice(at + tag.length, end) }, end: end + tag.length };
  }
  const word = WORD.exec(sql.slice(at, at + 4096))?.[0];
  if (word !== undefined) return { token: { kind: 'word', text: word.toUpperCase() }, end: at + word.length };
  const number = NUMBER.exec(rest)?.[0];
  if (number !== undefined) return { token: { kind: 'number', text: number }, end: at + number.length };
  return { token: { kind: 'sign', text: character }, end: at + 1 };
}

/** A quote that is doubled stands for itself. */
function quotedAt(
  sql: string,
  at: number,
  close: string,
  escapes: boolean,
  kind: 'name' | 'text',
): { token: Token; end: number } | null {
  for (let end = at + 1; end < sql.length; end++) {
    if (escapes && sql[end] === '\\') end++;
    else if (sql[end] === close && close !== ']' && sql[end + 1] === close) end++;
    else if (sql[end] === close) return { token: { kind, text: sql.slice(at + 1, end) }, end: end + 1 };
  }
  return null;
}

function endOfComment(sql: string, at: number, nested: boolean): number | null {
  let depth = 0;
  for (const found of sql.slice(at).matchAll(/\/\*|\*\//g)) {
    if (found[0] === '*/') depth--;
    else if (depth === 0 || nested) depth++;
    if (depth === 0) return at + found.index + 2;
  }
  return null;
}

/** A statement as a row of words: names stand as `n`, texts as `t`, numbers as `0`, signs as they are, everything in parentheses as `( )`. */
export function outlineOf(tokens: readonly Token[]): string {
  const shown: string[] = [];
  let depth = 0;
  for (const { kind, text } of tokens) {
    if (kind === 'sign' && text === ')') depth--;
    if (depth === 0) shown.push(kind === 'name' ? 'n' : kind === 'text' ? 't' : kind === 'number' ? '0' : text);
    if (kind === 'sign' && text === '(') depth++;
  }
  return shown.join(' ');
}

/** Whether there is something behind the end of the first statement, a semicolon at its very end aside. One within parentheses ends nothing. */
export const holdsSeveral = (outline: string): boolean => / ?; *\S/.test(outline);
