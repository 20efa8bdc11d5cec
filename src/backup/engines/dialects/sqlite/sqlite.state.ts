import { closeSync, fstatSync, openSync, readSync, statSync, type BigIntStats } from 'node:fs';

/** The change counter, the size and the version of the header's first page: https://sqlite.org/fileformat2.html#the_database_header */
const DATABASE_HEADER_BYTES = 100;
/** Salts that change with every new start of the log: https://sqlite.org/fileformat2.html#walformat */
const LOG_HEADER_BYTES = 32;
/** Both copies of the header that every commit to the log rewrites: https://sqlite.org/walformat.html#the_wal_index_header */
const LOG_INDEX_HEADER_BYTES = 96;
const JOURNAL_MAGIC = 'd9d505f920a163d7';

interface FileState {
  head: string;
  /** Device and inode. */
  file: string;
  /** Its size and times, as far as they say anything. */
  stand: string;
}

/**
 * Tells whether a database was written to. In the rollback modes every commit changes the file, and counts in its header; in write-ahead mode it changes the header of
 * the log's index. The times, sizes and inodes of the files are there for what does not go through SQLite, such as a file that is replaced.
 *
 * Closing a file drops every lock that the process holds on it, those of its SQLite connection too. So this is for the engine host alone, and what it opens stays open
 * until {@link close}, which must come after the connection's.
 */
export class DatabaseState {
  private readonly files: number[] = [];
  private readonly file: string | null;

  /** To be made before the connection is: what is replaced until the state is read is not the file that the connection has. */
  constructor(private readonly path: string) {
    const info = statSync(path, { bigint: true, throwIfNoEntry: false });
    this.file = info ? fileOf(info) : null;
  }

  /**
   * A text that is the same at two moments only if nothing was written in between.
   * @returns null where that cannot be told: while a rollback journal is there, that is, in the middle of somebody's write; or when a file cannot be read
   */
  read(): string | null {
    try {
      const journal = this.describe(`${this.path}-journal`, JOURNAL_MAGIC.length / 2);
      // A persistent or truncated journal stays after the commit, without its magic number.
      if (journal?.head === JOURNAL_MAGIC) return null;
      const database = this.describe(this.path, DATABASE_HEADER_BYTES);
      if (database === null || database.file !== this.file) return null;
      // SQLite sets the log's owner again each time that root opens it, so its change time says nothing.
      const log = this.describe(`${this.path}-wal`, LOG_HEADER_BYTES, ({ size, mtimeNs }) => `${size} ${mtimeNs}`);
      // Readers leave marks behind the headers, so only these, and not the file's times, say whether anything was written.
      const index = this.describe(`${this.path}-shm`, LOG_INDEX_HEADER_BYTES, () => '');
      return JSON.stringify([database, log, index]);
    } catch {
      return null;
    }
  }

  close(): void {
    for (const file of this.files.splice(0)) closeSync(file);
  }

  /** @returns null when there is no such file, which another process may remove at any moment */
  private describe(path: string, headBytes: number, standOf = wholeStand): FileState | null {
    const file = this.open(path);
    if (file === null) return null;
    const info = fstatSync(file, { bigint: true });
    const head = Buffer.alloc(headBytes);
    const read = readSync(file, head, 0, headBytes, 0);
    return { head: head.toString('hex', 0, read), file: fileOf(info), stand: standOf(info) };
  }

  private open(path: string): number | null {
    try {
      const file = openSync(path, 'r');
      this.files.push(file);
      return file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }
}

const fileOf = ({ dev, ino }: BigIntStats): string => `${dev} ${ino}`;

const wholeStand = ({ size, mtimeNs, ctimeNs }: BigIntStats): string => `${size} ${mtimeNs} ${ctimeNs}`;
