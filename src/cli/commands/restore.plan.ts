import { resolve } from 'node:path';
import type { OutlookPart, RestoreChoices, Snapshot, SnapshotSource } from '../../backup/headless.js';
import type { Backups } from '../backups.js';
import type { CommandContext } from '../command.js';
import { databaseOption } from '../database-option.js';
import { EXIT } from '../exit-codes.js';
import { CommandError, usage } from '../failure.js';
import { isPath, snapshotAt } from '../foreign-reference.js';
import { snapshotNamed } from '../snapshot-reference.js';

export interface RestoreOptions {
  yes?: boolean;
  verify: boolean;
  safety: boolean;
  tables?: string[];
  to?: string;
  allowSchemaChanges?: boolean;
}

/** Everything that is known before anything is done. */
export interface PlannedRestore {
  backups: Backups;
  from: SnapshotSource;
  snapshot: Snapshot;
  parts: OutlookPart[];
  choices: RestoreChoices;
}

/** Finds the snapshot, looks at where it would go, and decides what has to be kept. */
export async function planRestore(
  { global, open, terminal }: CommandContext,
  [reference, which]: string[],
  asked: RestoreOptions,
): Promise<PlannedRestore> {
  const foreign = isPath(reference!);
  const toDatabase = asked.to !== undefined && /^[a-z][a-z0-9+.-]+:/i.test(asked.to);
  const toFolder = asked.to === undefined || toDatabase ? undefined : resolve(asked.to);
  if (toDatabase && global.database !== undefined) throw usage('--to and --database cannot both name a database.');
  const backups = await open(foreign ? 'make' : 'read', toFolder === undefined ? [] : [toFolder]);
  const from = foreign ? await backups.openForeign(reference!) : backups;
  const snapshot = foreign ? await snapshotAt(from, which!) : await snapshotNamed(reference!, backups.catalog);
  if (toFolder !== undefined && snapshot.source !== 'files')
    throw usage(
      `--to names a folder, and ${snapshot.id} is of ${snapshot.source}. For a database write its address, such as sqlite:${asked.to}.`,
    );
  const place = {
    ...(toDatabase && { database: backups.databaseTarget(databaseOption('--to', asked.to!, terminal.env), '--to') }),
    ...(toFolder !== undefined && { to: toFolder }),
  };
  const parts = await backups.outlook.of(from, snapshot.id, place);
  const choices: RestoreChoices = {
    confirm: snapshot.id,
    ...place,
    ...(asked.tables && { tables: asked.tables }),
    ...(asked.allowSchemaChanges && { allowSchemaChanges: true }),
    ...(asked.verify ? {} : { skipVerification: true }),
    ...safety(parts, toDatabase, asked),
  };
  return { backups, from, snapshot, parts, choices };
}

/** Where there is nothing to lose, no safety snapshot is taken; another database's would lie among ours and be taken for one. */
function safety(
  parts: readonly OutlookPart[],
  toAnotherDatabase: boolean,
  { safety: wanted }: RestoreOptions,
): Pick<RestoreChoices, 'intoEmpty' | 'skipSafetySnapshot'> {
  const database = parts.find((part) => part.source === 'database');
  const holds = database?.occupancy;
  if (holds === 'missing' || holds === 'no_tables' || (toAnotherDatabase && holds === 'no_rows'))
    return { intoEmpty: true };
  if (!wanted) return { skipSafetySnapshot: true };
  if (!toAnotherDatabase) return {};
  throw new CommandError(
    'CONFIRMATION_REQUIRED',
    EXIT.refused,
    holds === 'unknown'
      ? `${database!.into} cannot be read: ${database!.problem}`
      : `${database!.into} holds rows, which the restore would replace, and of another database no safety snapshot is taken. ` +
          'Choose an empty one, or add --no-safety if what it holds may be lost.',
  );
}
