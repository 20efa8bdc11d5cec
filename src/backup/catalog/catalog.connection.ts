import type Database from 'better-sqlite3';
import { DataSource } from 'typeorm';
import { BackupError } from '../model/errors.js';
import { ARCHIVES } from './archive.record.js';
import { AddJobOwner1763900000000 } from './add-job-owner.migration.js';
import { AddExtent1764300000000 } from './add-extent.migration.js';
import { AddOrder1764200000000 } from './add-order.migration.js';
import { AddParts1763800000000 } from './add-parts.migration.js';
import { createPrivateFile, pathOf, setBrokenFileAside } from './catalog.file.js';
import { CreateCatalog1763700000000 } from './create-catalog.migration.js';
import { JOBS } from './job.record.js';
import { SNAPSHOTS } from './snapshot.record.js';
import { openSqlite } from '../system/sqlite-driver.js';

/**
 * Schemas rather than decorators: those register with one storage for the whole process, which the first copy of TypeORM makes, and the host's copy may be
 * another version.
 */
const RECORDS = [SNAPSHOTS, JOBS, ARCHIVES];
const OUR_TABLES = 'backup_';
const MIGRATIONS_TABLE = 'backup_catalog_migrations';

/** A catalog that lasts as long as the program: for a folder that is only read, or where the file of the catalog cannot be used. */
export const IN_MEMORY = 'sqlite::memory:';

/** A file that is no catalog of ours any more; nothing in it is worth refusing to start for. */
class BrokenCatalog extends Error {}

export interface OpenedDatabase {
  database: DataSource;
  connection: Database.Database;
  /** Where a broken file was put. */
  setAside: string | null;
  /** Whether it was made just now, so that it knows nothing of earlier verifications. */
  isNew: boolean;
  /** Whether an earlier version made it, so that its rows lack what that did not read out of the manifests. */
  isOutdated: boolean;
}

/**
 * The catalog's own connection, never the host's. This file is the one place that knows which database it is.
 * @throws BackupError `CONFIG_INVALID` for a URL of another kind, or one of somebody else's database; else why the file cannot be used
 */
export async function openCatalogDatabase(url: string, now: Date): Promise<OpenedDatabase> {
  if (url === IN_MEMORY) return openCatalogInMemory(null);
  const path = pathOf(url);
  const open = async (): Promise<OpenedDatabase> => {
    await createPrivateFile(path);
    return connectToFile(path);
  };
  try {
    try {
      return await open();
    } catch (error) {
      if (!isBroken(error)) throw error;
      const setAside = await setBrokenFileAside(path, now);
      return { ...(await open()), setAside };
    }
  } catch (error) {
    throw catalogError(error);
  }
}

/** @param content what it holds at first; where that is none of ours, or null, it begins empty */
export async function openCatalogInMemory(content: Buffer | null): Promise<OpenedDatabase> {
  if (content !== null) {
    try {
      return await connect(openSqlite(content));
    } catch {
      // what could be read of it is of no use
    }
  }
  return connect(openSqlite(':memory:'));
}

/** Whether this says that the file of the catalog fails, rather than that something is wrong with what it was asked. */
export const isStorageFailure = (error: unknown): boolean =>
  /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|PERM|PROTOCOL|NOLFS)/.test(codeOf(error));

/** A write-ahead log needs memory that processes share, which some network file systems lack: a rollback journal does without. */
async function connectToFile(path: string): Promise<OpenedDatabase> {
  try {
    return await connect(openSqlite(path), 'wal');
  } catch (error) {
    if (!/^SQLITE_(IOERR_SHM|PROTOCOL)/.test(codeOf(error))) throw error;
    const connection = openSqlite(path);
    connection.pragma('locking_mode = exclusive'); // without which a log that is there could not be read
    return connect(connection, 'truncate');
  }
}

async function connect(connection: Database.Database, journalMode?: 'wal' | 'truncate'): Promise<OpenedDatabase> {
  const database = new DataSource({
    type: 'better-sqlite3',
    database: ':memory:', // what it is called; the connection is there already
    driver: function GivenConnection() {
      return connection;
    },
    entities: RECORDS,
    migrations: [
      CreateCatalog1763700000000,
      AddParts1763800000000,
      AddJobOwner1763900000000,
      AddOrder1764200000000,
      AddExtent1764300000000,
    ],
    migrationsTableName: MIGRATIONS_TABLE,
    prepareDatabase: () => {
      connection.pragma('page_size = 1024'); // of a new file: a tick changes a few bytes in each of two dozen pages, which are logged whole
      connection.pragma('synchronous = NORMAL'); // after a power failure the newest rows may be missing: they are rebuilt
      if (journalMode) connection.pragma(`journal_mode = ${journalMode}`);
      if (journalMode === 'truncate') connection.pragma('locking_mode = normal');
    },
  });
  try {
    await database.initialize();
    assertSound(connection);
    const isNew = assertOurs(connection) === 'empty';
    const migrations = await database.runMigrations().catch(asBroken);
    for (const { target } of database.entityMetadatas)
      await database.getRepository(target).find({ take: 1 }).catch(asBroken);
    return { database, connection, setAside: null, isNew, isOutdated: migrations.length > 0 && !isNew };
  } catch (error) {
    if (database.isInitialized) await database.destroy();
    else connection.close();
    throw error;
  }
}

function assertSound(connection: Database.Database): void {
  const answer = connection.pragma('quick_check(1)', { simple: true });
  if (answer !== 'ok') throw new BrokenCatalog(String(answer));
}

/** A path mistaken for the host's own database must neither get our tables nor be moved out of the way. */
function assertOurs(connection: Database.Database): 'empty' | 'ours' {
  const names = connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all() as string[];
  if (names.length === 0) return 'empty';
  if (names.includes(MIGRATIONS_TABLE)) return 'ours';
  if (names.some((name) => name.startsWith(OUR_TABLES))) throw new BrokenCatalog(`it has no ${MIGRATIONS_TABLE}`);
  throw new BackupError(
    'CONFIG_INVALID',
    `The file in "catalogUrl" (BACKUP_CATALOG_URL) contains another database (it has a table "${names[0]}"). Use a separate file for the catalog.`,
  );
}

/** Our own statements fail on a sound file only where its tables are not as we made them, or when somebody else is at it. */
function asBroken(error: unknown): never {
  if (codeOf(error) === 'SQLITE_ERROR')
    throw new BrokenCatalog('its tables do not have the expected columns', { cause: error });
  throw error;
}

function isBroken(error: unknown): boolean {
  const code = codeOf(error);
  return error instanceof BrokenCatalog || /^(SQLITE_NOTADB|SQLITE_CORRUPT|ELOOP|EISDIR)/.test(code);
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code);

function catalogError(error: unknown): BackupError {
  if (error instanceof BackupError) return error;
  const code = codeOf(error);
  const what = `Cannot open the backup catalog (${code}).`;
  const options = { cause: error };
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return new BackupError(
      'DATABASE_LOCKED',
      `${what} Another process has locked it; try again when that process has ended.`,
      {},
      options,
    );
  }
  if (/^(SQLITE_FULL|SQLITE_IOERR_SHMSIZE|ENOSPC|EDQUOT)/.test(code)) {
    return new BackupError('DISK_FULL', `${what} Free some space on its disk.`, {}, options);
  }
  const todo =
    'Set "catalogUrl" (BACKUP_CATALOG_URL) to a file that the user running this program can create and write.';
  return new BackupError('FOLDER_NOT_WRITABLE', `${what} ${todo}`, {}, options);
}
