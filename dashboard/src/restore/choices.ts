import type { Snapshot } from '../api/types.js';

/** What a person decides about a restore, on the way to it. */
export interface RestoreChoices {
  /** null: everything. */
  tables: string[] | null;
  /** null: where the files were. */
  to: string | null;
  takesSafetySnapshot: boolean;
  allowsSchemaChanges: boolean;
  /** Somebody has read what a snapshot of another installation would run. */
  trustsSchema: boolean;
}

export const defaultChoices = (): RestoreChoices => ({
  tables: null,
  to: null,
  takesSafetySnapshot: true,
  allowsSchemaChanges: false,
  trustsSchema: false,
});

/** The kinds of snapshots that a restore treats differently. */
export type Form = 'json' | 'native' | 'files' | 'full';

export function formOf({ source, engine }: Pick<Snapshot, 'source' | 'engine'>): Form {
  if (source !== 'database') return source;
  return engine === 'json' ? 'json' : 'native';
}

/** Whether the choices can be carried out, or somebody has to decide something first. */
export const isComplete = ({ tables, to }: RestoreChoices): boolean =>
  (tables === null || tables.length > 0) && (to === null || to.trim() !== '');

/** The body of the request. What has its default is left out. */
export function requestOf(id: string, choices: RestoreChoices) {
  const { tables, to, takesSafetySnapshot, allowsSchemaChanges, trustsSchema } = choices;
  return {
    confirm: id,
    ...(tables === null ? {} : { tables }),
    ...(to === null ? {} : { to: to.trim() }),
    // Where nothing is replaced there is nothing to keep.
    ...(takesSafetySnapshot || to !== null ? {} : { skip_safety_snapshot: true }),
    ...(allowsSchemaChanges ? { allow_schema_changes: true } : {}),
    ...(trustsSchema ? { trust_schema: true } : {}),
  };
}
