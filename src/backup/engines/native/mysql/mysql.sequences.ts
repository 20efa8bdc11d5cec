import { quoted } from '../../dialects/mysql/mysql.names.js';

const CREATE = /^CREATE SEQUENCE `((?:[^`]|``)*)`/;
const POSITION = /^(?:DO|SELECT) SETVAL\(`((?:[^`]|``)*)`, (-?\d+), 0\);$/;
const STATE =
  /^CREATE SEQUENCE .*? start with (-?\d+) minvalue (-?\d+) maxvalue (-?\d+) increment by (-?\d+) (?:cache (\d+)|nocache) (no)?cycle\b/s;

/** Whether a line of a dump says where a sequence stands. */
export const isPosition = (line: string): boolean => POSITION.test(line.trimEnd());

/**
 * What puts a sequence where it stood: SETVAL, which a dump uses, never goes back behind its start.
 * @param line of a dump, about sequences
 * @param created the CREATE SEQUENCE statements before it, by name
 */
export function exactPosition(line: string, created: ReadonlyMap<string, string>): string {
  const [, name, next] = POSITION.exec(line.trimEnd()) ?? [];
  if (name === undefined) return line;
  const [, start, least, most, increment, cache = '0', no] =
    STATE.exec(created.get(name.replaceAll('``', '`')) ?? '') ?? [];
  if (start === undefined) return line;
  const values = [next, least, most, start, increment, cache, no === undefined ? 1 : 0, 0];
  return `INSERT INTO \`${name}\` VALUES (${values.join(', ')});\n`;
}

/** The snapshot's sequences that are not there: name, and the statement that makes one in the live database. */
export function lackingSequences(
  ddl: readonly string[],
  there: ReadonlySet<string>,
  database: string,
): { name: string; sql: string }[] {
  return ddl.flatMap((statement) => {
    const name = CREATE.exec(statement)?.[1]?.replaceAll('``', '`');
    if (name === undefined || there.has(name)) return [];
    const place = `${quoted(database)}.${quoted(name)}`;
    return [{ name, sql: statement.replace(CREATE, () => `CREATE SEQUENCE IF NOT EXISTS ${place}`) }];
  });
}
