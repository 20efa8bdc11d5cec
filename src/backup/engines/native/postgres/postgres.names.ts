/** An identifier as SQL writes it. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A text literal as SQL writes it; `standard_conforming_strings` is on. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/**
 * What a table is called in a manifest: its bare name in the schema `public`, else `schema.table`. A part with a point or a quote in it stands in double
 * quotes, doubled within, and then the schema is always said; so no two tables are called the same.
 */
export function tableName(schema: string, name: string): string {
  if (schema === 'public' && !isSpecial(name)) return name;
  return [schema, name].map((part) => (isSpecial(part) ? quoted(part) : part)).join('.');
}

const isSpecial = (part: string): boolean => /[."]/.test(part);

const IDENTIFIER = /"((?:[^"]|"")*)"|([^\s.,()"]+)/y;

/** The identifiers at the beginning of a text, joined by points: `public."a b" (c)` is `public`, `a b`. */
export function leadingNames(text: string): { names: string[]; rest: string } {
  const names: string[] = [];
  IDENTIFIER.lastIndex = 0;
  for (let found = IDENTIFIER.exec(text); found; found = IDENTIFIER.exec(text)) {
    names.push(found[1]?.replaceAll('""', '"') ?? found[2]!);
    const end = IDENTIFIER.lastIndex;
    if (text[end] !== '.') return { names, rest: text.slice(end) };
    IDENTIFIER.lastIndex = end + 1;
  }
  return { names, rest: text };
}
