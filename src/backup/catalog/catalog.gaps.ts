import type { LoggerService } from '@nestjs/common';
import type Database from 'better-sqlite3';
import { asBackupError } from '../model/errors.js';

const VERIFICATIONS = 1;
const PINS = 2;
const ROWS = 4;

/** What a catalog does not know that its file, `annotations.json` or the manifests do; kept in the database itself, as its `user_version`. */
export class CatalogGaps {
  constructor(
    private readonly connection: Database.Database,
    private readonly logger: Pick<LoggerService, 'warn'>,
  ) {}

  /** Whether snapshots may count as sound here that were found damaged: what verifications found is in the catalog alone. */
  get verificationsLost(): boolean {
    return this.has(VERIFICATIONS);
  }

  set verificationsLost(lost: boolean) {
    this.set(VERIFICATIONS, lost);
  }

  /** Whether the rows were made without anybody knowing what is pinned. */
  get pinsUnread(): boolean {
    return this.has(PINS);
  }

  set pinsUnread(unread: boolean) {
    this.set(PINS, unread);
  }

  /** Whether the rows lack what an earlier version did not read out of the manifests. */
  get rowsOutdated(): boolean {
    return this.has(ROWS);
  }

  set rowsOutdated(outdated: boolean) {
    this.set(ROWS, outdated);
  }

  private get all(): number {
    return Number(this.connection.pragma('user_version', { simple: true }));
  }

  private has(gap: number): boolean {
    return (this.all & gap) !== 0;
  }

  private set(gap: number, isThere: boolean): void {
    const before = this.all;
    const now = isThere ? before | gap : before & ~gap;
    if (now === before) return;
    try {
      this.connection.pragma(`user_version = ${now}`);
    } catch (error) {
      this.logger.warn(asBackupError(error).message); // it stays as it was, which is the careful side or is found out again
    }
  }
}
