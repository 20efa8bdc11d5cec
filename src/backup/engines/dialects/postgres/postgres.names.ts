import { COUNTERS } from '../../../model/counters.js';

/** An identifier as SQL writes it. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A text literal as SQL writes it; `standard_conforming_strings` is on. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Something in a schema. */
export interface QualifiedName {
  schema: string;
  name: string;
}

/** As SQL writes it, whatever the search path. */
export const qualified = ({ schema, name }: QualifiedName): string => `${quoted(schema)}.${quoted(name)}`;

/**
 * What a table is called in a document: its bare name in the schema `public`, else `schema.table`. A part with a point or a quote in it stands in double
 * quotes, doubled within, and then the schema is always said; so no two tables are called the same.
 */
export function documentName({ schema, name }: QualifiedName): string {
  if (schema === 'public' && !isSpecial(name)) return name;
  return [schema, name].map((part) => (isSpecial(part) ? quoted(part) : part)).join('.');
}

const isSpecial = (part: string): boolean => /[."]/.test(part);

/** The view of the system that shows every sequence: no table that is captured lies in its schema. */
export const SEQUENCE_TABLE = COUNTERS.postgres;
