import { BackupError } from '../../model/errors.js';
import type { SchemaInfo } from '../../model/manifest.js';
import type { SchemaDifference } from '../database.engine.js';
import type { StoredSnapshot } from '../snapshot.engine.js';

export const ONLY_LIVE = 'only in the database: ';
const ONLY_STORED = 'only in the snapshot: ';
const FIRST_WORDS = 120;

/** Statement by statement, as the dumping program prints them. The order in which it does may be another after a restore. */
export function differences(then: SchemaInfo, now: SchemaInfo): SchemaDifference[] {
  const only = (some: string[], others: string[], words: string) =>
    some
      .filter((each) => !others.includes(each))
      .map((each) => ({ table: '(schema)', column: null, difference: words + firstWords(each) }));
  return [...only(then.ddl, now.ddl, ONLY_STORED), ...only(now.ddl, then.ddl, ONLY_LIVE)];
}

function firstWords(statement: string): string {
  const words = statement.replaceAll(/\s+/g, ' ');
  return words.length > FIRST_WORDS ? `${words.slice(0, FIRST_WORDS)} …` : words;
}

export const schemaMismatch = (found: SchemaDifference[]): BackupError =>
  new BackupError(
    'SCHEMA_MISMATCH',
    `The database's schema differs from the snapshot's in ${found.length} point(s). Nothing was changed.`,
    { differences: found, advice: ['replace_schema'] },
  );

/** @throws BackupError `UNSUPPORTED` */
export function refuseChosenTables({ manifest }: StoredSnapshot, tables: string[] | null): void {
  if (tables === null) return;
  throw new BackupError(
    'UNSUPPORTED',
    `Snapshot "${manifest.id}" was written by the database's own program and can only be restored as a whole. Restore all tables, or extract some of them by hand (docs/restore-runbook.md).`,
  );
}
