/** A statement that built an object of a schema, as SQLite keeps it in `sqlite_schema`. */
export interface SchemaStatement {
  sql: string;
  type: 'table' | 'index' | 'view' | 'trigger';
  name: string;
  isVirtual: boolean;
}

/** A quoted name, or a word up to where anything else begins, a comment too. */
const IDENTIFIER = `"(?:[^"]|"")*"|\`(?:[^\`]|\`\`)*\`|\\[[^\\]]*\\]|'(?:[^']|'')*'|(?:(?!--|/\\*)[^\\s("'\`\\[])+`;
const CREATED = new RegExp(
  `^\\s*CREATE\\s+(?:UNIQUE\\s+|(VIRTUAL)\\s+)?(TABLE|INDEX|VIEW|TRIGGER)\\s+(${IDENTIFIER})`,
  'i',
);

/** SQLite rewrites the beginning of each statement that it keeps, so that it always reads the same. @returns undefined for anything else */
export function parseStatement(sql: string): SchemaStatement | undefined {
  const [, virtual, type, name] = CREATED.exec(sql) ?? [];
  if (!type || name === undefined) return undefined;
  return {
    sql,
    type: type.toLowerCase() as SchemaStatement['type'],
    name: unquoted(name),
    isVirtual: virtual !== undefined,
  };
}

function unquoted(identifier: string): string {
  if (!/^["'`[]/.test(identifier)) return identifier;
  const close = identifier[0] === '[' ? ']' : identifier[0]!;
  return identifier.slice(1, -1).replaceAll(close + close, close);
}
