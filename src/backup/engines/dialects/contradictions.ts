import type { DocumentTable } from './document.parts.js';

/** A document's table, as the manifest's schema may contradict it. */
export type ProvenTable = Pick<DocumentTable, 'name' | 'columns' | 'primaryKey'>;

/** The same words for every database. */
export const otherColumns = (table: string): string =>
  `its "schema" describes other columns or another key for table "${table}" than the document has`;

export const sameColumns = (
  then: readonly { name: string; type: string }[],
  now: readonly { name: string; type: string }[],
): boolean =>
  then.length === now.length && then.every(({ name, type }, n) => name === now[n]?.name && type === now[n].type);
