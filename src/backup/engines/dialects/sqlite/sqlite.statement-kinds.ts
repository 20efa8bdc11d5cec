import { outlineOf, tokensOf, type Lexis } from '../sql-tokens.js';

const LEXIS: Lexis = {
  names: { '"': '"', '`': '`', '[': ']' },
  texts: "'",
  backslash: 'never',
  dollarQuotes: false,
  nestedComments: false,
  mysqlComments: false,
};

/** SQLite takes a text for a name where a name has to be. */
const NAME = '(?:n|t|[^\\s().,;]+)';

/** Everything that `sqlite_schema` can hold, and nothing that runs as soon as it is read, such as CREATE TABLE … AS SELECT. */
const KINDS = [
  `CREATE TABLE ${NAME} \\( \\)(?: STRICT| WITHOUT ROWID| ,)*`,
  `CREATE VIRTUAL TABLE ${NAME} USING ${NAME}(?: \\( \\))?`,
  `CREATE(?: UNIQUE)? INDEX ${NAME} ON ${NAME} \\( \\)(?: WHERE [^;]*)?`,
  `CREATE VIEW ${NAME}(?: \\( \\))? AS (?:SELECT|WITH|VALUES|\\( \\))[^;]*`,
  `CREATE TRIGGER ${NAME} [^;]* BEGIN .* END`,
].map((kind) => new RegExp(`^${kind}(?: ;)?$`));

/** Whether a statement is of a kind that stands in the schema of a SQLite database. */
export function isSchemaStatement(sql: string): boolean {
  const tokens = tokensOf(sql, LEXIS);
  if (!tokens) return false;
  const outline = outlineOf(tokens);
  return KINDS.some((kind) => kind.test(outline));
}
