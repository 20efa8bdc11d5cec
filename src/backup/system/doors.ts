import { join } from 'node:path';
import type Database from 'better-sqlite3';
import type { Clock } from './clock.js';
import { connectTo, LEASE_FOLDER, lockExclusively } from './folder-lock.js';
import { leasePlace } from './lease.place.js';

const RETRY_MS = 50;

/**
 * Tells processes apart that serve requests from those that do not. Each that does keeps its door open; whoever replaces the data waits until all are closed.
 * An open door is a share of a lock, so it closes when its process ends, however that ends.
 */
export class Doors {
  private own: Database.Database | null = null;

  /** @param folder the backup folder */
  constructor(
    private readonly folder: string,
    private readonly clock: Clock,
  ) {}

  get isOpen(): boolean {
    return this.own !== null;
  }

  /** Opens the door of this process. @returns false while another process is just looking whether all are closed */
  open(): boolean {
    const connection = connectTo(this.path());
    try {
      connection.exec('BEGIN');
      connection.prepare('SELECT 1 FROM sqlite_schema').get();
      this.own = connection;
    } catch (error) {
      connection.close();
      if (!String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) throw error;
    }
    return this.isOpen;
  }

  close(): void {
    this.own?.close();
    this.own = null;
  }

  /** Waits until all doors are closed. @returns false when one stays open for longer than that */
  async allClosed(patienceMs: number): Promise<boolean> {
    const started = this.clock.elapsed();
    for (;;) {
      const lock = lockExclusively(this.path());
      lock?.close();
      if (lock) return true;
      if (this.clock.elapsed() - started >= patienceMs) return false;
      await new Promise<void>((resolve) => this.clock.after(RETRY_MS, resolve));
    }
  }

  private path(): string {
    return join(leasePlace(this.folder) ?? this.folder, LEASE_FOLDER, 'serving');
  }
}
