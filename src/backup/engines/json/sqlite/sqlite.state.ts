import { closeSync, openSync, readSync, statSync } from 'node:fs';

/** The change counter, the size and the version of the header's first page: https://sqlite.org/fileformat2.html#the_database_header */
const DATABASE_HEADER_BYTES = 100;
/** Salts that change with every new start of the log: https://sqlite.org/fileformat2.html#walformat */
const LOG_HEADER_BYTES = 32;
/** Both copies of the header that every commit to the log rewrites: https://sqlite.org/walformat.html#the_wal_index_header */
const LOG_INDEX_HEADER_BYTES = 96;
const JOURNAL_MAGIC = 'd9d505f920a163d7';

interface FileState {
  head: string;
  identity: string;
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

  constructor(private readonly path: string) {}

  /**
   * A text that is the same at two moments only if nothing was written in between.
   * @returns null while a rollback journal is there, that is, in the middle of somebody's write
   */
  read(): string | null {
    const journal = this.describe(`${this.path}-journal`, JOURNAL_MAGIC.length / 2);
    // A persistent or truncated journal stays after the commit, without its magic number.
    if (journal?.head === JOURNAL_MAGIC) return null;
    const database = this.describe(this.path, DATABASE_HEADER_BYTES);
    const log = this.describe(`${this.path}-wal`, LOG_HEADER_BYTES, { changeTime: false });
    return database && JSON.stringify([database, log, this.describeLogIndex()]);
  }

  close(): void {
    for (const file of this.files.splice(0)) closeSync(file);
  }

  /** @param options.changeTime not for the log, whose owner SQLite sets again each time that root opens it */
  private describe(path: string, headBytes: number, { changeTime } = { changeTime: true }): FileState | null {
    const info = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (!info) return null;
    const identity = [info.dev, info.ino, info.size, info.mtimeNs, ...(changeTime ? [info.ctimeNs] : [])].join(' ');
    return { head: this.readHead(path, headBytes), identity };
  }

  /** Readers leave marks behind the headers, so only these, and not the file's time, say whether anything was written. */
  private describeLogIndex(): FileState | null {
    const path = `${this.path}-shm`;
    const info = statSync(path, { bigint: true, throwIfNoEntry: false });
    return info ? { head: this.readHead(path, LOG_INDEX_HEADER_BYTES), identity: `${info.dev} ${info.ino}` } : null;
  }

  private readHead(path: string, bytes: number): string {
    const head = Buffer.alloc(bytes);
    const file = openSync(path, 'r');
    this.files.push(file);
    return head.toString('hex', 0, readSync(file, head, 0, bytes, 0));
  }
}
