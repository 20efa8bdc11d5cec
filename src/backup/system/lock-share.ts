import type Database from 'better-sqlite3';
import { connectTo, lockExclusively } from './folder-lock.js';

/** This process's share of the lock on an empty file of ours, which any number of processes can have. It ends with its process, however that ends. */
export class LockShare {
  private own: Database.Database | null = null;

  /** @param path asked each time: the file may have to lie elsewhere */
  constructor(private readonly path: () => string) {}

  get isTaken(): boolean {
    return this.own !== null;
  }

  /** @returns false while somebody is just looking whether anybody has a share */
  take(): boolean {
    if (this.isTaken) return true;
    const connection = connectTo(this.path());
    try {
      connection.exec('BEGIN');
      connection.prepare('SELECT 1 FROM sqlite_schema').get();
      this.own = connection;
    } catch (error) {
      connection.close();
      if (!String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) throw error;
    }
    return this.isTaken;
  }

  giveBack(): void {
    this.own?.close();
    this.own = null;
  }

  /** Whether any process has a share, this one included. */
  isTakenByAnybody(): boolean {
    const lock = lockExclusively(this.path());
    lock?.close();
    return lock === null;
  }
}
