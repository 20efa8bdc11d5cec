import { randomUUID } from 'node:crypto';
import { BackupError } from '../model/errors.js';
import type { Clock } from './clock.js';
import { change, Fence, leaseLost, type Claim } from './fence.js';
import { FolderLock } from './folder-lock.js';
import { readRecord, writeRecord, type LeaseHolder } from './lease.record.js';
import { leasePlace } from './lease.place.js';
import { hasEnded, processInWords, THIS_PROCESS } from './process-identity.js';

export interface LeaseTimes {
  /** How long the lease is held after the last sign of life of its holder. @default 30 s */
  ttlMs: number;
  /** How often the holder gives one. @default 10 s */
  renewMs: number;
  /** How often somebody who waits looks again. @default 200 ms */
  pollMs: number;
}

const TIMES: LeaseTimes = { ttlMs: 30_000, renewMs: 10_000, pollMs: 200 };

export interface LeaseWanted {
  /** What for, as others are told. */
  purpose: string;
  job?: string | null;
}

export interface LeaseWaiting {
  /** Ends the waiting with its reason. */
  signal?: AbortSignal | undefined;
  /** After this long it fails. */
  patienceMs: number;
  /** Told once for each holder that is waited for. */
  onWait?: (holder: LeaseHolder) => void;
}

/** Lets one process at a time change the backup folder and what is backed up. A dead process loses it at once, one that gives no sign of life after a while. */
export class Lease {
  private readonly times: LeaseTimes;
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
  }

  /** @returns null while somebody else holds it */
  async tryAcquire({ purpose, job = null }: LeaseWanted): Promise<HeldLease | null> {
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

  /** @throws BackupError `BUSY` when it stays with somebody else, or the signal's reason */
  async acquire(wanted: LeaseWanted, { signal, patienceMs, onWait }: LeaseWaiting): Promise<HeldLease> {
    const started = this.clock.elapsed();
    let told = '';
    for (;;) {
      signal?.throwIfAborted();
      const held = await this.tryAcquire(wanted).catch(unlessBusy);
      if (held && signal?.aborted) await held.release();
      signal?.throwIfAborted();
      if (held) return held;
      const { holder } = readRecord(this.place());
      if (holder && this.clock.elapsed() - started >= patienceMs) throw busy(holder, patienceMs);
      if (holder && holder.id !== told) onWait?.(holder);
      told = holder?.id ?? told;
      await this.pause(signal);
    }
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

  private place(): string {
    const place = leasePlace(this.folder);
    if (place !== null) return place;
    throw new BackupError(
      'FOLDER_NOT_WRITABLE',
      'Nothing can be written to the backup folder, nor among the temporary files of this machine. Make one of them writable.',
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

  private pause(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        cancel();
        signal?.removeEventListener('abort', go);
        resolve();
      };
      const cancel = this.clock.after(this.times.pollMs, go);
      signal?.addEventListener('abort', go, { once: true });
    });
  }
}

/** The lease, while this process holds it. */
export class HeldLease {
  readonly fence: Fence;
  /** Grows each time the lease is given away. */
  readonly token: number;
  /** Whether somebody had it who did not give it back, and may have left something half done. */
  readonly tookOver: boolean;
  private readonly lock: FolderLock;
  private stopRenewing: () => void = () => undefined;
  private ended = false;

  constructor(
    private readonly claim: Claim,
    { token, tookOver }: { token: number; tookOver: boolean },
    private readonly renewMs: number,
    private readonly clock: Clock,
    private readonly own: Set<string>,
  ) {
    this.token = token;
    this.tookOver = tookOver;
    this.fence = new Fence(claim);
    own.add(claim.id);
    this.lock = new FolderLock(claim.folder);
  }

  /** Gives signs of life until it is released. @param onLost told once, when somebody else has taken it over */
  keep(onLost: (error: BackupError) => void): void {
    this.stopRenewing = this.clock.after(this.renewMs, () => {
      void this.renew(onLost).then((goesOn) => {
        if (goesOn && !this.ended) this.keep(onLost);
      });
    });
  }

  /** Whoever has lost it meanwhile releases nothing. */
  async release(): Promise<void> {
    this.ended = true;
    this.stopRenewing();
    this.own.delete(this.claim.id);
    await this.lock.exclusively(() => {
      const { token, holder } = readRecord(this.claim.folder);
      if (holder?.id === this.claim.id) writeRecord(this.claim.folder, { token, holder: null });
    });
  }

  private lose(onLost: (error: BackupError) => void, holder: LeaseHolder | null): void {
    this.own.delete(this.claim.id);
    onLost(leaseLost(holder));
  }

  /** What keeps it from being renewed now, such as a swap of files that takes long, may have passed the next time. */
  private async renew(onLost: (error: BackupError) => void): Promise<boolean> {
    try {
      return await this.lock.exclusively(() => {
        if (this.ended) return false;
        const { holder } = readRecord(this.claim.folder);
        if (holder?.id === this.claim.id) change(this.claim, { renewals: holder.renewals + 1 });
        else this.lose(onLost, holder);
        return holder?.id === this.claim.id;
      });
    } catch {
      return true;
    }
  }
}

/** Whoever has the lease may be doing what is final, and taking long over it. */
function unlessBusy(error: unknown): null {
  if (error instanceof BackupError && error.code === 'BUSY') return null;
  throw error;
}

function busy({ process, purpose, since }: LeaseHolder, patienceMs: number): BackupError {
  return new BackupError(
    'BUSY',
    `The ${purpose} of ${processInWords(process)}, which began at ${since}, still has the backup folder after ${Math.round(patienceMs / 1000)} s. Wait for its end or cancel it there, then try again.`,
  );
}
