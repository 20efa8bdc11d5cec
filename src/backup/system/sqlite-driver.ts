import Database from 'better-sqlite3';
import { BackupError } from '../model/errors.js';

/**
 * The driver that keeps the catalog has a compiled part, which its install script fetches or makes. pnpm runs no such script before it is allowed, and
 * a part that was compiled for another Node, or another system, does not load.
 * @throws BackupError `UNSUPPORTED` where it cannot be loaded
 */
export function assertSqliteLoads(open: () => void = openInMemory): void {
  try {
    open();
  } catch (error) {
    const [reason] = (error as Error).message.replaceAll(/\s+/g, ' ').split('. ', 1);
    throw new BackupError(
      'UNSUPPORTED',
      `The SQLite driver better-sqlite3 cannot be loaded (${reason}). Run "npm rebuild better-sqlite3"; with pnpm, "pnpm approve-builds" first.`,
    );
  }
}

function openInMemory(): void {
  new Database(':memory:').close();
}
