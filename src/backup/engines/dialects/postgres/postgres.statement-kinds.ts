import { holdsSeveral, outlineOf, tokensOf, type Lexis, type Token } from '../sql-tokens.js';

const LEXIS: Lexis = {
  names: { '"': '"' },
  texts: "'",
  backslash: 'E',
  dollarQuotes: true,
  nestedComments: true,
  mysqlComments: false,
};

const NAME = '(?:n|[^\\s().,;]+)(?: \\. (?:n|[^\\s().,;]+)){0,2}';
/** What a role cannot do with them is for the server to decide; these may be used by every owner of a database. */
const LANGUAGES = new Set(['SQL', 'PLPGSQL', 'PLPERL', 'PLTCL', 'PLV8', 'PLLUA', 'PLRUST']);
const OF_TABLE = [
  'ADD CONSTRAINT .*',
  `ATTACH PARTITION ${NAME} .*`,
  `VALIDATE CONSTRAINT ${NAME}`,
  `(?:ENABLE|DISABLE)(?: REPLICA| ALWAYS)? (?:TRIGGER|RULE) ${NAME}`,
  '(?:ENABLE|DISABLE|FORCE|NO FORCE) ROW LEVEL SECURITY',
  `ALTER(?: COLUMN)? ${NAME} (?:SET|ADD) .*`,
  `CLUSTER ON ${NAME}`,
  'REPLICA IDENTITY .*',
  `(?:OF|INHERIT) ${NAME}`,
  'SET \\( \\)',
  `SET ACCESS METHOD ${NAME}`,
  `RENAME(?: COLUMN| CONSTRAINT)?(?: ${NAME})? TO ${NAME}`,
].join('|');
const COMMENTED =
  'ACCESS METHOD|AGGREGATE|CAST|COLLATION|COLUMN|CONSTRAINT|CONVERSION|DOMAIN|EXTENSION|EVENT TRIGGER|FUNCTION|INDEX|MATERIALIZED VIEW|OPERATOR|POLICY|PROCEDURE|ROUTINE|RULE|SCHEMA|SEQUENCE|STATISTICS|TABLE|TEXT SEARCH|TRIGGER|TYPE|VIEW';

/** What `postgres.ddl.ts` writes, and its like. No roles and rights, nothing that runs a query or a program, nothing that belongs to the server as a whole. */
const KINDS = [
  `CREATE SCHEMA(?: IF NOT EXISTS)? ${NAME}`,
  `CREATE EXTENSION(?: IF NOT EXISTS)? ${NAME}(?: WITH)?(?: SCHEMA ${NAME})?(?: VERSION (?:t|${NAME}))?`,
  `CREATE TYPE ${NAME}(?: AS(?: ENUM| RANGE)? \\( \\))?`,
  `CREATE DOMAIN ${NAME} .*`,
  `ALTER (?:TYPE|DOMAIN) ${NAME} (?:ADD|SET|VALIDATE|ALTER ATTRIBUTE) .*`,
  `CREATE(?: OR REPLACE)? (?:FUNCTION|PROCEDURE) ${NAME} \\( \\) .*`,
  `CREATE(?: OR REPLACE)? AGGREGATE ${NAME} \\( \\) \\( \\)`,
  `CREATE(?: UNLOGGED)? SEQUENCE ${NAME}(?: .*)?`,
  `ALTER SEQUENCE ${NAME} OWNED BY ${NAME}(?: \\. n)?`,
  `CREATE(?: UNLOGGED)? TABLE ${NAME}(?: OF ${NAME})?(?: \\( \\))?(?: (?:INHERITS|WITH) \\( \\)| PARTITION BY \\w+ \\( \\)| USING ${NAME})*`,
  `ALTER (?:TABLE|MATERIALIZED VIEW)(?: ONLY)? ${NAME} (?:${OF_TABLE})`,
  `ALTER INDEX ${NAME} (?:ATTACH PARTITION ${NAME}|RENAME TO ${NAME}|SET \\( \\)|ALTER COLUMN 0 SET STATISTICS 0)`,
  `ALTER VIEW ${NAME} ALTER(?: COLUMN)? ${NAME} SET .*`,
  `ALTER STATISTICS ${NAME} SET STATISTICS (?:- )?0`,
  `CREATE(?: UNIQUE)? INDEX(?: ${NAME})? ON(?: ONLY)? ${NAME} .*`,
  `CREATE(?: OR REPLACE)?(?: RECURSIVE)?(?: MATERIALIZED)? VIEW ${NAME}(?: \\( \\))?(?: USING ${NAME})?(?: WITH \\( \\))? AS .*`,
  `REFRESH MATERIALIZED VIEW ${NAME}`,
  `CREATE(?: OR REPLACE)? RULE ${NAME} AS ON \\w+ TO ${NAME} .*`,
  `CREATE(?: CONSTRAINT)? TRIGGER ${NAME} (?:BEFORE|AFTER|INSTEAD OF) .* EXECUTE (?:FUNCTION|PROCEDURE) ${NAME} \\( \\)`,
  `CREATE POLICY ${NAME} ON ${NAME} .*`,
  `CREATE STATISTICS ${NAME}(?: \\( \\))? ON .* FROM ${NAME}`,
  `CREATE COLLATION ${NAME} \\( \\)`,
  `CREATE TEXT SEARCH (?:CONFIGURATION|DICTIONARY) ${NAME} \\( \\)`,
  `ALTER TEXT SEARCH CONFIGURATION ${NAME} ADD MAPPING FOR .*`,
  'CREATE OPERATOR (?!CLASS|FAMILY).* \\( \\)',
  `CREATE OPERATOR (?:CLASS|FAMILY) ${NAME} .*`,
  `ALTER OPERATOR FAMILY ${NAME} USING ${NAME} ADD .*`,
  'CREATE CAST \\( \\) (?:WITH|WITHOUT) .*',
  `COMMENT ON (?:${COMMENTED}) .* IS (?:t|NULL)`,
].map((kind) => new RegExp(`^${kind}$`));

/**
 * Whether a statement is one, of a kind that this program writes into a manifest.
 * @param sql without the comment that says to which table it belongs
 */
export function isSchemaStatement(sql: string): boolean {
  const tokens = tokensOf(sql, LEXIS);
  if (!tokens) return false;
  const outline = outlineOf(tokens).replace(/ ;$/, '');
  if (!KINDS.some((kind) => kind.test(outline))) return false;
  // The body of a function in standard SQL is no text, and ends with its END.
  const body = /^CREATE(?: OR REPLACE)? (?:FUNCTION|PROCEDURE) .*? BEGIN ATOMIC( .*) END$/.exec(outline);
  if (body === null && holdsSeveral(outline)) return false;
  if (/^ALTER /.test(outline) && !/^ALTER (?:TEXT SEARCH|OPERATOR)/.test(outline) && outline.includes(' ,'))
    return false;
  return isOfKnownLanguage(outline, tokens);
}

/** That of a function; all others have none. */
function isOfKnownLanguage(outline: string, tokens: readonly Token[]): boolean {
  if (!/^CREATE(?: OR REPLACE)? (?:FUNCTION|PROCEDURE) /.test(outline)) return true;
  const languages = tokens.flatMap(({ kind, text }, at) => {
    const next = tokens[at + 1];
    return kind === 'word' && text === 'LANGUAGE' && next ? [next.text.toUpperCase()] : [];
  });
  return languages.length > 0 ? languages.every((name) => LANGUAGES.has(name)) : outline.includes(' BEGIN ATOMIC ');
}

/** Functions of the server that neither read nor change anything but what they are given, and words that stand before parentheses and are none. */
const HARMLESS = new Set(
  `ABS AGE ALL AND ANY ARRAY ARRAY_AGG ARRAY_LENGTH ARRAY_POSITION ARRAY_REMOVE ARRAY_TO_STRING AS ASCII AVG BETWEEN BIT BIT_LENGTH BOOL_AND BOOL_OR BPCHAR BTRIM BY CARDINALITY CASE CAST
  CEIL CEILING CHAR CHARACTER CHARACTER_LENGTH CHAR_LENGTH CHECK CHR CLOCK_TIMESTAMP COALESCE COLLATE CONCAT CONCAT_WS CONVERT_TO COUNT CURRENT_DATE CURRENT_TIMESTAMP DATE DATERANGE DATE_PART
  DATE_TRUNC DECIMAL DECODE DENSE_RANK DISTINCT DIV ELSE ENCODE EXCEPT EXCLUDE EXISTS EXP EXTRACT FILTER FLOAT FLOOR FORMAT FROM GENERATED GEN_RANDOM_UUID GIN GIST BTREE HASH BRIN SPGIST GREATEST
  GROUP HAVING IN INCLUDE INITCAP INT4RANGE INT8RANGE INTERSECT INTERVAL IS ISEMPTY JOIN JSONB_AGG JSONB_ARRAY_LENGTH JSONB_BUILD_OBJECT JSONB_EXTRACT_PATH JSONB_EXTRACT_PATH_TEXT JSONB_TYPEOF
  JSON_AGG JSON_BUILD_OBJECT JSON_TYPEOF KEY LAG LATERAL LEAD LEAST LEFT LENGTH LIKE LIMIT LIST LN LOG LOWER LOWER_INF LPAD LTRIM MAKE_DATE MAX MD5 MIN MOD NOT NOW NULLIF NUMERIC NUMRANGE
  OCTET_LENGTH ON OR ORDER OVER OVERLAPS OVERLAY PARTITION POSITION POWER PRECISION PRIMARY QUOTE_LITERAL RANDOM RANGE RANK REFERENCES REGEXP_MATCH REGEXP_MATCHES REGEXP_REPLACE REGEXP_SPLIT_TO_ARRAY
  REPEAT REPLACE REVERSE RIGHT ROUND ROW ROW_NUMBER RPAD RTRIM SELECT SETWEIGHT SHA224 SHA256 SHA384 SHA512 SIGN SOME SPLIT_PART SQRT STARTS_WITH STATEMENT_TIMESTAMP STDDEV STRING_AGG
  STRING_TO_ARRAY STRPOS SUBSTR SUBSTRING SUM THEN TIME TIMESTAMP TIMESTAMPTZ TIMEZONE TO_ASCII TO_CHAR TO_DATE TO_HEX TO_JSON TO_JSONB TO_NUMBER TO_TIMESTAMP TO_TSQUERY TO_TSVECTOR
  TRANSACTION_TIMESTAMP TRANSLATE TRIM TRUNC TSQUERY TSRANGE TSTZRANGE TSVECTOR UNION UNIQUE UNNEST UPPER UPPER_INF USING VALUE VALUES VARCHAR VARIANCE VARYING WHEN WHERE WITH`.split(
    /\s+/,
  ),
);

const CREATES_FUNCTION = /^CREATE(?: OR REPLACE)? (?:FUNCTION|PROCEDURE|AGGREGATE) /;

/**
 * Those of a snapshot's statements that run what the snapshot itself holds: while its tables are filled or its indexes built, by themselves, or with
 * the rights of whoever restores it. A role with rights over the whole server would lend them these rights.
 */
export function executingStatements(statements: readonly string[]): string[] {
  const read = statements.flatMap((sql) => {
    const tokens = tokensOf(sql, LEXIS);
    return tokens ? [{ sql, tokens, outline: outlineOf(tokens) }] : [];
  });
  const functions = new Set(read.filter(({ outline }) => CREATES_FUNCTION.test(outline)).flatMap(createdName));
  const computesViews = read.some(({ outline }) =>
    /^CREATE MATERIALIZED VIEW (?!.* WITH NO DATA)|^REFRESH /.test(outline),
  );
  const runs = (tokens: readonly Token[]): boolean =>
    tokens.some(
      ({ kind, text }, at) =>
        (kind === 'word' || kind === 'name') &&
        (functions.has(text.toUpperCase()) || (isCall(tokens, at) && !(kind === 'word' && HARMLESS.has(text)))),
    );
  return read.filter((statement) => isExecuting(statement, runs, computesViews)).map(({ sql }) => sql);
}

function isExecuting(
  { outline, tokens }: { outline: string; tokens: readonly Token[] },
  runs: (tokens: readonly Token[]) => boolean,
  computesViews: boolean,
): boolean {
  if (/^CREATE(?: OR REPLACE)? (?:FUNCTION|PROCEDURE) /.test(outline)) return outline.includes(' SECURITY DEFINER');
  if (/^CREATE (?:OPERATOR|CAST \( \) WITH FUNCTION|EVENT TRIGGER)/.test(outline)) return true;
  if (/^CREATE TYPE .* AS RANGE/.test(outline))
    return tokens.some(({ text }) => text === 'CANONICAL' || text === 'SUBTYPE_DIFF');
  if (/^CREATE(?: UNLOGGED)? TABLE /.test(outline)) return evaluatedParts(tokens).some(runs);
  if (/^CREATE DOMAIN |^ALTER (?:TABLE|DOMAIN) /.test(outline)) return evaluatedParts(tokens).some(runs);
  if (/^CREATE(?: UNIQUE)? INDEX /.test(outline)) return runs(afterTable(tokens));
  if (/ VIEW /.test(outline) && outline.startsWith('CREATE')) return computesViews && runs(afterWord(tokens, 'AS'));
  return false;
}

/** What stands in the parentheses of checks, exclusions, generated columns and keys of partitions; a default is not evaluated where every column is filled. */
function evaluatedParts(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [];
  tokens.forEach(({ kind, text }, at) => {
    if (kind !== 'sign' || text !== '(') return;
    const before = tokens
      .slice(Math.max(0, at - 3), at)
      .map((token) => token.text.toUpperCase())
      .join(' ');
    if (
      /(?:^| )(?:CHECK|GENERATED ALWAYS AS|ALWAYS AS|PARTITION BY \w+|BY (?:RANGE|LIST|HASH)|USING \w+|WHERE)$/.test(
        before,
      )
    )
      parts.push(withinParentheses(tokens, at));
  });
  return parts;
}

function withinParentheses(tokens: readonly Token[], open: number): Token[] {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    const { kind, text } = tokens[at]!;
    if (kind !== 'sign') continue;
    if (text === '(') depth++;
    if (text === ')' && --depth === 0) return tokens.slice(open, at + 1);
  }
  return tokens.slice(open);
}

/** Past the name of an index's table: its columns and expressions. */
function afterTable(tokens: readonly Token[]): Token[] {
  const open = tokens.findIndex(({ kind, text }) => kind === 'sign' && text === '(');
  return open < 0 ? [] : tokens.slice(open);
}

const afterWord = (tokens: readonly Token[], word: string): Token[] =>
  tokens.slice(tokens.findIndex(({ kind, text }) => kind === 'word' && text === word) + 1);

const isCall = (tokens: readonly Token[], at: number): boolean =>
  tokens[at + 1]?.kind === 'sign' && tokens[at + 1]!.text === '(';

/** The last part of the name that a statement creates something under. */
function createdName({ tokens }: { tokens: readonly Token[] }): string[] {
  const open = tokens.findIndex(({ kind, text }) => kind === 'sign' && text === '(');
  const name = tokens[open - 1]?.text;
  return name === undefined ? [] : [name.toUpperCase()];
}
