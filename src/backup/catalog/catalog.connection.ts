import { AddOrder1764200000000 } from './add-order.migration.js';
import { constants } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { DataSource } from 'typeorm';
import { BackupError } from '../model/errors.js';
import { timestamp } from '../model/snapshot-id.js';
import { ensureFolder, FILE_MODE } from '../system/atomic-file.js';
import { ARCHIVES } from './archive.record.js';
import { AddJobOwner1763900000000 } from './add-job-owner.migration.js';
import { AddExtent1764300000000 } from './add-extent.migration.js';
import { AddParts1763800000000 } from './add-parts.migration.js';
import { CreateCatalog1763700000000 } from './create-catalog.migration.js';
import { JOBS } from './job.record.js';
import { SNAPSHOTS } from './snapshot.record.js';

/**
 * Schemas rather than decorators: those register with one storage for the whole process, which the first copy of TypeORM makes, and the host's copy may be
 * another version.
 */
const RECORDS = [SNAPSHOTS, JOBS, ARCHIVES];
const OUR_TABLES = 'backup_';
const MIGRATIONS_TABLE = 'backup_catalog_migrations';

/** A catalog that lasts as long as the program: for a folder that is only read. */
export const IN_MEMORY = 'sqlite::memory:';

/** A file that is no catalog of ours any more; nothing in it is worth refusing to start for. */
class BrokenCatalog extends Error {}

export interface OpenedCatalog {
  database: DataSource;
  /** Where a file that was no catalog lies now. */
  setAside: string | null;
  /** Whether an earlier version made it, so that its rows lack what that did not read out of the manifests. */
  isOutdated: boolean;
}

/**
 * The catalog's own connection, never the host's. This file is the one place that knows which database it is.
 * @throws BackupError `CONFIG_INVALID` for a URL of another kind, or one of somebody else's database
 */
export async function openCatalogDatabase(url: string, now: Date): Promise<OpenedCatalog> {
  if (url === IN_MEMORY) return { ...(await connect(':memory:')), setAside: null };
  const path = pathOf(url);
  try {
    await ensureFolder(dirname(path));
    try {
      return { ...(await connect(path)), setAside: null };
    } catch (error) {
      if (!isBroken(error)) throw error;
      const setAside = await setBrokenFileAside(path, now);
      return { ...(await connect(path)), setAside };
    }
  } catch (error) {
    throw catalogError(error);
  }
}

function pathOf(url: string): string {
  const path = /^sqlite:(.+)$/.exec(url)?.[1];
  if (path === undefined) {
    throw new BackupError(
      'CONFIG_INVALID',
      'BACKUP_CATALOG_URL must read "sqlite:<path of a file>"; no other database is supported.',
    );
  }
  return resolve(path);
}

async function connect(path: string): Promise<Omit<OpenedCatalog, 'setAside'>> {
  if (path !== ':memory:') await createPrivateFile(path);
  let handle: { close(): void } | undefined;
  const database = new DataSource({
    type: 'better-sqlite3',
    database: path,
    entities: RECORDS,
    migrations: [
      CreateCatalog1763700000000,
      AddParts1763800000000,
      AddJobOwner1763900000000,
      AddOrder1764200000000,
      AddExtent1764300000000,
    ],
    migrationsTableName: MIGRATIONS_TABLE,
    enableWAL: true,
    prepareDatabase: (connection: { close(): void; pragma(text: string): unknown }) => {
      handle = connection;
      connection.pragma('page_size = 1024'); // of a new file: a tick changes a few bytes in each of two dozen pages, which are logged whole
      connection.pragma('synchronous = NORMAL'); // after a power failure the newest rows may be missing: they are rebuilt
    },
  });
  try {
    await database.initialize();
    await assertSound(database);
    await assertOurs(database);
    const migrations = await database.runMigrations().catch(asBroken);
    for (const { target } of database.entityMetadatas)
      await database.getRepository(target).find({ take: 1 }).catch(asBroken);
    return { database, isOutdated: migrations.length < database.migrations.length && migrations.length > 0 };
  } catch (error) {
    if (database.isInitialized) await database.destroy();
    else handle?.close();
    throw error;
  }
}

/** Before SQLite makes it with the umask's rights; its journal files copy the mode. */
async function createPrivateFile(path: string): Promise<void> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, FILE_MODE);
  try {
    await file.chmod(FILE_MODE);
  } finally {
    await file.close();
  }
}

async function assertSound(database: DataSource): Promise<void> {
  const [answer] = await database.query<{ quick_check: string }[]>('PRAGMA quick_check(1)');
  if (answer?.quick_check !== 'ok') throw new BrokenCatalog(answer?.quick_check);
}

/** A path mistaken for the host's own database must neither get our tables nor be moved out of the way. */
async function assertOurs(database: DataSource): Promise<void> {
  const tables = await database.query<{ name: string }[]>("SELECT name FROM sqlite_master WHERE type = 'table'");
  const names = tables.map(({ name }) => name);
  if (names.length === 0 || names.includes(MIGRATIONS_TABLE)) return;
  if (names.some((name) => name.startsWith(OUR_TABLES))) throw new BrokenCatalog(`it has no ${MIGRATIONS_TABLE}`);
  throw new BackupError(
    'CONFIG_INVALID',
    `The file that BACKUP_CATALOG_URL names holds another database (it has a table "${names[0]}"). Name a file of its own for the catalog.`,
  );
}

/** Our own statements fail on a sound file only where its tables are not as we made them, or when somebody else is at it. */
function asBroken(error: unknown): never {
  if (codeOf(error) === 'SQLITE_ERROR')
    throw new BrokenCatalog('its tables are not as they should be', { cause: error });
  throw error;
}

function isBroken(error: unknown): boolean {
  const code = codeOf(error);
  return error instanceof BrokenCatalog || /^(SQLITE_NOTADB|SQLITE_CORRUPT|ELOOP|EISDIR)/.test(code);
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code);

/** Renamed rather than deleted: the job history in it may still be of use to somebody. */
async function setBrokenFileAside(path: string, now: Date): Promise<string> {
  const aside = `${path}.broken-${timestamp(now)}`;
  for (const part of ['-wal', '-shm', '']) {
    await rename(path + part, aside + part).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
  return aside;
}

function catalogError(error: unknown): BackupError {
  if (error instanceof BackupError) return error;
  const code = codeOf(error);
  const what = `The catalog of backups cannot be opened (${code}).`;
  const options = { cause: error };
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return new BackupError(
      'DATABASE_LOCKED',
      `${what} Another process holds it; try again when that has ended.`,
      {},
      options,
    );
  }
  if (/^(SQLITE_FULL|ENOSPC|EDQUOT)/.test(code)) {
    return new BackupError('DISK_FULL', `${what} Free some space on its disk.`, {}, options);
  }
  const todo = 'Let BACKUP_CATALOG_URL name a file that the user running this program may create and write.';
  return new BackupError('FOLDER_NOT_WRITABLE', `${what} ${todo}`, {}, options);
}
