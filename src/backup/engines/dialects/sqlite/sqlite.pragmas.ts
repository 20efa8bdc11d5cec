import type { SqlitePragmas } from '../../../model/manifest.js';
import type { SchemaDifference } from '../../database.engine.js';
import type { Connection } from './sqlite.connection.js';

export function readPragmas(connection: Connection): SqlitePragmas {
  const read = (name: string) => Number(connection.pragma(name, { simple: true }));
  return {
    user_version: read('user_version'),
    application_id: read('application_id'),
    page_size: read('page_size'),
    auto_vacuum: read('auto_vacuum'),
    journal_mode: connection.pragma('journal_mode', { simple: true }) === 'wal' ? 'wal' : 'delete',
  };
}

/** Before the first transaction on a file that has no page yet: what cannot be changed later. */
export function shapeNewFile(connection: Connection, pragmas: SqlitePragmas | undefined): void {
  if (!pragmas || Number(connection.pragma('page_count', { simple: true })) > 0) return;
  connection.pragma(`page_size = ${pragmas.page_size}`);
  connection.pragma(`auto_vacuum = ${pragmas.auto_vacuum}`);
  connection.pragma(`journal_mode = ${pragmas.journal_mode}`);
}

/** What identifies an empty database as the captured one; within its transaction. */
export function identify(connection: Connection, pragmas: SqlitePragmas | undefined): void {
  if (!pragmas) return;
  connection.pragma(`user_version = ${pragmas.user_version}`);
  connection.pragma(`application_id = ${pragmas.application_id}`);
}

/** Many applications count their migrations in `user_version`: it belongs to the schema, as the table of migrations does. */
export function comparePragmas(then: SqlitePragmas | undefined, now: SqlitePragmas): SchemaDifference[] {
  if (!then || then.user_version === now.user_version) return [];
  return [
    {
      table: '(user_version)',
      column: null,
      difference: `it was ${then.user_version} when the snapshot was taken and is ${now.user_version} now`,
    },
  ];
}
