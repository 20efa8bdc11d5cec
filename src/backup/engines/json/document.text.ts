import type { DocumentHead, TableHeader } from '../dialects/document.parts.js';

/*
 * The parts of a document (docs/formats.md) around its rows. Every row stands on a line of its own, and so does what closes a list.
 */

/** Everything before the first table. */
export function headText({ id, kind, base, created_at, database }: DocumentHead): string {
  const identity = `"id":${JSON.stringify(id)},"kind":${JSON.stringify(kind)},"base":${JSON.stringify(base)}`;
  return [
    '{',
    `"format":"nestjs-backup/snapshot","version":1,${identity},`,
    `"created_at":${JSON.stringify(created_at)},`,
    `"database":${JSON.stringify(database)},`,
    '"tables":{',
  ].join('\n');
}

/** Opens a table of a full document; its rows follow. */
export function tableText({ name, columns, primaryKey }: TableHeader, isFirst: boolean): string {
  const header = JSON.stringify({ columns, primary_key: primaryKey });
  return `${isFirst ? '\n' : ',\n'}${JSON.stringify(name)}:${header.slice(0, -1)},"rows":[`;
}

/** Closes a list of rows and what it stands in. */
export const END_OF_ROWS = '\n]}';

/** Closes the tables and the document. */
export const END_OF_DOCUMENT = '\n}\n}\n';
