import type { BackupError } from '../model/errors.js';
import type { Clock } from './clock.js';
import { change, Fence, leaseLost, type Claim } from './fence.js';
import { FolderLock } from './folder-lock.js';
import { readRecord, writeRecord, type LeaseHolder } from './lease.record.js';

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
