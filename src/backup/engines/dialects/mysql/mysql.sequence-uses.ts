import { quoted } from './mysql.names.js';

const USE = /\b(?:nextval|lastval|setval)\((?:`((?:[^`]|``)*)`\.)?`((?:[^`]|``)*)`/gi;

/** The sequences that the columns of a table take their defaults from. */
export function sequencesUsedBy(createTable: string): { schema: string | null; name: string }[] {
  const unquote = (name: string) => name.replaceAll('``', '`');
  return [...createTable.matchAll(USE)].map(([, schema, name]) => ({
    schema: schema === undefined ? null : unquote(schema),
    name: unquote(name!),
  }));
}

/** Without the name of the database, so that the table can be built in another one. */
export const withoutDatabase = (createTable: string, database: string): string => inPlaceOf(createTable, database, '');

/** The same table, taking its defaults from the sequences of another database. */
export const withDatabase = (createTable: string, from: string, to: string): string =>
  inPlaceOf(createTable, from, `${quoted(to)}.`);

const inPlaceOf = (createTable: string, database: string, prefix: string): string =>
  createTable.replaceAll(USE, (use, schema: string | undefined) =>
    schema === database.replaceAll('`', '``') ? use.replace(`${quoted(database)}.`, () => prefix) : use,
  );
