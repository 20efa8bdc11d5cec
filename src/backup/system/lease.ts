import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { BackupError } from '../model/errors.js';
import type { Clock } from './clock.js';
import { FolderLock, LEASE_FOLDER } from './folder-lock.js';
import { HeldLease } from './held-lease.js';
import { leasePlace } from './lease.place.js';
import { readRecord, writeRecord, type LeaseHolder, type LeaseWork } from './lease.record.js';
import { LockShare } from './lock-share.js';
import { hasEnded, THIS_PROCESS } from './process-identity.js';

export interface LeaseTimes {
  /** How long the lease is held after the last sign of life of its holder. @default 30 s */
  ttlMs: number;
  /** How often the holder gives one. @default 10 s */
  renewMs: number;
  /** How often somebody who waits looks again. @default 200 ms */
  pollMs: number;
}

const TIMES: LeaseTimes = { ttlMs: 30_000, renewMs: 10_000, pollMs: 200 };

/** Lets one process at a time change the backup folder and what is backed up. A dead process loses it at once, one that gives no sign of life after a while. */
export class Lease {
  readonly times: LeaseTimes;
  /** This process has a share of it while it waits for another one. */
  readonly waiting: LockShare;
  /** Those that this one gave out and that are still at work. */
  private readonly own = new Set<string>();
  /** What gave the last sign of life, and when that was first seen here: clocks of two machines are not to be compared. */
  private seen = { sign: '', at: 0 };

  /** @param folder the backup folder */
  constructor(
    private readonly folder: string,
    private readonly clock: Clock,
    times: Partial<LeaseTimes> = {},
  ) {
    this.times = { ...TIMES, ...times };
    this.waiting = new LockShare(() => join(this.place(), LEASE_FOLDER, 'waiting'));
  }

  /** @returns null while somebody else holds it */
  async tryAcquire({
    purpose,
    job = null,
    plans = [],
  }: Pick<LeaseWork, 'purpose'> & Partial<LeaseWork>): Promise<HeldLease | null> {
    const place = this.place();
    if (this.isHeld(readRecord(place).holder)) return null; // no need to get into anybody's way
    return new FolderLock(place).exclusively(() => {
      const { token, holder } = readRecord(place);
      if (this.isHeld(holder)) return null;
      const id = randomUUID();
      writeRecord(place, {
        token: token + 1,
        holder: {
          id,
          process: THIS_PROCESS,
          purpose,
          job,
          plans,
          since: this.clock.now().toISOString(),
          renewals: 0,
          ttl_ms: this.times.ttlMs,
          maintenance: false,
        },
      });
      return new HeldLease(
        { folder: place, id },
        { token: token + 1, tookOver: holder !== null },
        this.times.renewMs,
        this.clock,
        this.own,
      );
    });
  }

  /** Who holds it; one who should not any more is relieved of it first. Null when nobody does. */
  async holder(): Promise<LeaseHolder | null> {
    const place = this.place();
    const { holder } = readRecord(place);
    if (holder === null || this.isHeld(holder)) return holder;
    return new FolderLock(place).exclusively(() => {
      const { token, holder: now } = readRecord(place);
      if (now === null || this.isHeld(now)) return now;
      writeRecord(place, { token, holder: null });
      return null;
    });
  }

  /** Who holds it, as far as can be seen at once. */
  peek(): LeaseHolder | null {
    const { holder } = readRecord(this.place());
    return this.isHeld(holder) ? holder : null;
  }

  /** Whether it was this process that took it, and has it still. */
  isOwn({ id }: LeaseHolder): boolean {
    return this.own.has(id);
  }

  /** How often it was given away until now. */
  token(): number {
    return readRecord(this.place()).token;
  }

  /** Whether any process waits for another one to give it back; where that cannot be seen, nobody does. */
  isWaitedFor(): boolean {
    try {
      return this.waiting.isTakenByAnybody();
    } catch {
      return false;
    }
  }

  private place(): string {
    const place = leasePlace(this.folder);
    if (place !== null) return place;
    throw new BackupError(
      'FOLDER_NOT_WRITABLE',
      'Cannot write to the backup folder, nor to the temporary folder of this machine. Make one of them writable.',
    );
  }

  private isHeld(holder: LeaseHolder | null): holder is LeaseHolder {
    if (holder === null || hasEnded(holder.process)) return false;
    // This process was stopped or asleep, and goes on: nobody else took the lease meanwhile, or it would not be the holder.
    if (this.own.has(holder.id)) return true;
    const sign = `${holder.id} ${holder.renewals}`;
    if (sign !== this.seen.sign) this.seen = { sign, at: this.clock.elapsed() };
    return this.clock.elapsed() - this.seen.at < holder.ttl_ms;
  }
}
