import { outlineOf, tokensOf, type Lexis } from '../sql-tokens.js';

const LEXIS: Lexis = {
  names: { '`': '`' },
  texts: `'"`,
  backslash: 'always',
  dollarQuotes: false,
  nestedComments: false,
  mysqlComments: true,
};

const NAME = '(?:n|[^\\s().,;]+)(?: \\. (?:n|[^\\s().,;]+))?';
const DEFINER = '(?: DEFINER = (?:n|t|\\w+)(?: @ (?:n|t|\\w+)|(?: \\( \\))?))?';
/** Texts, names and numbers that a table's options have, and what is between them. */
const ENGINES = 'INNODB|MYISAM|ARIA|MEMORY|ARCHIVE|CSV|ROCKSDB|TOKUDB|NDB|NDBCLUSTER|MRG_MYISAM|SEQUENCE';
/** What reads or writes elsewhere, or runs a query. */
const ELSEWHERE =
  'DIRECTORY|CONNECTION|UNION|SELECT|AS|LIKE|TABLE|VALUES|WITH(?! SYSTEM)|INTO|SONAME|FILE_NAME|TABLE_TYPE';

/** What `SHOW CREATE` prints; not a function out of a library (`SONAME`). */
const KINDS = [
  `CREATE TABLE ${NAME} \\( \\)(?! .*\\b(?:${ELSEWHERE})\\b)(?: [^;]*)?`,
  `CREATE SEQUENCE ${NAME}(?! .*\\b(?:SELECT|AS|LIKE|CONNECTION|DIRECTORY)\\b)(?: [^;]*)?`,
  `CREATE(?: OR REPLACE)?(?: ALGORITHM = \\w+)?${DEFINER}(?: SQL SECURITY \\w+)? VIEW ${NAME}(?: \\( \\))? AS [^;]*`,
  `CREATE(?: OR REPLACE)?${DEFINER}(?: AGGREGATE)? (?:FUNCTION|PROCEDURE) ${NAME}(?! .*\\bSONAME\\b) .*`,
  `CREATE(?: OR REPLACE)?${DEFINER} PACKAGE(?: BODY)? ${NAME} .*`,
  `CREATE(?: OR REPLACE)?${DEFINER} TRIGGER ${NAME} (?:BEFORE|AFTER) (?:INSERT|UPDATE|DELETE) ON ${NAME} FOR EACH ROW .*`,
].map((kind) => new RegExp(`^${kind}$`));

/** The mode that a comment before the statement names decides how its texts are read. */
function lexisOf(sql: string): Lexis {
  const mode = /^\/\* [^*]*?\bsql_mode='([^']*)'/.exec(sql)?.[1] ?? '';
  return {
    ...LEXIS,
    ...(mode.includes('NO_BACKSLASH_ESCAPES') ? { backslash: 'never' } : {}),
    ...(mode.includes('ANSI_QUOTES') ? { names: { '`': '`', '"': '"' }, texts: "'" } : {}),
  };
}

/**
 * Whether a statement is of a kind that this program writes into a manifest. Events are not: they run by themselves as soon as they are there.
 * The server is asked to run one statement only, so that nothing can stand behind it.
 */
export function isSchemaStatement(sql: string): boolean {
  const tokens = tokensOf(sql, lexisOf(sql));
  if (!tokens) return false;
  const outline = outlineOf(tokens);
  const engine = / ENGINE (?:= )?(\w+)/.exec(outline)?.[1];
  if (/^CREATE (?:TABLE|SEQUENCE) /.test(outline) && engine && !new RegExp(`^(?:${ENGINES})$`).test(engine))
    return false;
  return KINDS.some((kind) => kind.test(outline));
}
