import { resolve } from 'node:path';
import type { RestoreTarget, RestoreChoices, Snapshot, SnapshotSource } from '../../backup/internals.js';
import type { Backups } from '../backups.js';
import type { CommandContext } from '../command.js';
import { databaseOption } from '../database-option.js';
import { EXIT } from '../exit-codes.js';
import { CommandError, usage } from '../failure.js';
import { isPath, snapshotAt } from '../foreign-reference.js';
import { snapshotNamed } from '../snapshot-reference.js';

type DatabasePart = Extract<RestoreTarget, { source: 'database' }>;

export interface RestoreOptions {
  yes?: boolean;
  verify: boolean;
  safety: boolean;
  tables?: string[];
  to?: string;
  allowSchemaChanges?: boolean;
  trustSchema?: boolean;
}

/** Everything that is known before anything is done. */
export interface PlannedRestore {
  backups: Backups;
  from: SnapshotSource;
  snapshot: Snapshot;
  parts: RestoreTarget[];
  choices: RestoreChoices;
}

/** Finds the snapshot, looks at where it would go, and decides what has to be kept. */
export async function planRestore(
  context: CommandContext,
  [reference, which]: string[],
  asked: RestoreOptions,
): Promise<PlannedRestore> {
  const toDatabase = asked.to !== undefined && /^[a-z][a-z0-9+.-]+:/i.test(asked.to);
  const toFolder = asked.to === undefined || toDatabase ? undefined : resolve(asked.to);
  if (which !== undefined && !isPath(reference!))
    throw usage(
      `"${reference}" is not a path, so no snapshot can be chosen in it. For a folder, write ./${reference}.`,
    );
  if (toDatabase && context.global.database !== undefined)
    throw usage('--to and --database cannot both name a database. Use one of them.');
  const { backups, from, keepsSnapshots } = await folders(context, reference!, toFolder);
  const snapshot = isPath(reference!)
    ? await snapshotAt(from, which ?? 'newest')
    : await snapshotNamed(reference!, from.catalog);
  if (toFolder !== undefined && snapshot.source !== 'files')
    throw usage(
      `--to names a folder, but ${snapshot.id} is a snapshot of ${snapshot.source}. For a database, write its URL, such as sqlite:${asked.to}.`,
    );
  const place = {
    ...(toDatabase && {
      database: backups.databaseTarget(databaseOption('--to', asked.to!, context.terminal.env), '--to'),
    }),
    ...(toFolder !== undefined && { to: toFolder }),
  };
  const parts = await backups.restoreTargets.targetsOf(from, snapshot.id, place);
  const choices: RestoreChoices = {
    confirm: snapshot.id,
    ...place,
    ...(asked.tables && { tables: asked.tables }),
    ...(asked.allowSchemaChanges && { allowSchemaChanges: true }),
    ...(asked.trustSchema && { trustSchema: true }),
    ...(asked.verify ? {} : { skipVerification: true }),
    ...safety(parts, { toDatabase, toFolder: toFolder !== undefined, keepsSnapshots }, asked),
  };
  return { backups, from, snapshot, parts, choices };
}

/**
 * Where the snapshot comes from, and where a safety snapshot and the history of jobs go. Of a folder that is only read, or a path that somebody names, nothing
 * is written; the work is then done from the application's own folder, or from one that goes away with the command.
 */
async function folders(
  { global, open }: CommandContext,
  reference: string,
  toFolder: string | undefined,
): Promise<Pick<PlannedRestore, 'backups' | 'from'> & { keepsSnapshots: boolean }> {
  const fileRoots = toFolder === undefined ? [] : [toFolder];
  if (isPath(reference)) {
    const backups = await open(global.readOnly ? 'scratch' : 'make', fileRoots);
    return { backups, from: await backups.openForeign(reference), keepsSnapshots: !global.readOnly };
  }
  const own = await open('read', fileRoots);
  if (!own.readOnly) return { backups: own, from: own, keepsSnapshots: true };
  const backups = await open('scratch', fileRoots);
  return { backups, from: await backups.openForeign(own.directory), keepsSnapshots: false };
}

interface Situation {
  toDatabase: boolean;
  toFolder: boolean;
  /** Whether there is a folder in which a safety snapshot would stay. */
  keepsSnapshots: boolean;
}

/** Where there is nothing to lose, no safety snapshot is taken; one of another database would lie among ours and be taken for one of them. */
function safety(
  parts: readonly RestoreTarget[],
  { toDatabase, toFolder, keepsSnapshots }: Situation,
  { safety: wanted }: RestoreOptions,
): Pick<RestoreChoices, 'intoEmpty' | 'skipSafetySnapshot'> {
  const database = parts.find((part) => part.source === 'database');
  const holds = database?.occupancy;
  const intoEmpty = holds === 'missing' || holds === 'no_tables' || (toDatabase && holds === 'no_rows');
  const replacesFiles = !toFolder && parts.some(({ source }) => source === 'files');
  if (!wanted) return intoEmpty ? { intoEmpty } : { skipSafetySnapshot: true };
  if (toDatabase && !intoEmpty) throw refused(otherDatabaseIsNotEmpty(database!));
  if (!keepsSnapshots && ((database && !intoEmpty) || replacesFiles))
    throw refused(
      'The backup folder is opened read-only, so no safety snapshot of the current data can be stored. ' +
        'Give the path of this folder as the snapshot, with a "/" in it, and a writable folder with --dir; or add --no-safety.',
    );
  return intoEmpty ? { intoEmpty } : {};
}

const otherDatabaseIsNotEmpty = ({ into, occupancy, problem }: DatabasePart): string =>
  occupancy === 'unknown'
    ? `${into} cannot be read: ${problem}`
    : `${into} is not empty. The restore would replace its rows, and no safety snapshot is taken of another database. ` +
      'Choose an empty database, or add --no-safety if its rows may be lost.';

const refused = (message: string): CommandError => new CommandError('CONFIRMATION_REQUIRED', EXIT.refused, message);
