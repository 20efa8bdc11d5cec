import { BackupError } from '../model/errors.js';
import { FolderLock } from './folder-lock.js';
import { readRecord, writeRecord, type LeaseHolder, type LeaseWork } from './lease.record.js';
import { processInWords } from './process-identity.js';
import { Serial } from './serial.js';

/** One time that somebody held the lease; plain data, so that a child process can be told. */
export interface Claim {
  /** Where `.lease` lies: the backup folder, or what `leasePlace` says instead. */
  folder: string;
  id: string;
}

/** Where there is no lease to be had, what is final is at least apart from what else this process does. */
const withoutLease = new Serial();

/**
 * Keeps whoever has lost the lease from writing: what is final is done inside {@link whileHeld}, one after the other, and nobody can take the lease over meanwhile.
 */
export class Fence {
  /** @param claim null for what needs no lease */
  constructor(readonly claim: Claim | null) {}

  /**
   * Does what is final: moments, not minutes. Not to be nested.
   * @throws BackupError `LEASE_LOST`, and then nothing was done
   */
  async whileHeld<T>(work: () => Promise<T> | T): Promise<T> {
    const { claim } = this;
    if (claim === null) return withoutLease.run(async () => work());
    return new FolderLock(claim.folder).exclusively(async () => {
      this.assertHeld(claim);
      try {
        return await work();
      } finally {
        this.signOfLife(claim);
      }
    });
  }

  /** Says to other processes whether the data is being replaced. */
  announceMaintenance(maintenance: boolean): Promise<void> {
    return this.announce({ maintenance });
  }

  /**
   * Says to other processes what the lease is held for.
   * @throws BackupError `LEASE_LOST`
   */
  async announce(changes: Partial<LeaseWork & Pick<LeaseHolder, 'maintenance'>>): Promise<void> {
    const { claim } = this;
    if (claim === null) return;
    await new FolderLock(claim.folder).exclusively(() => {
      const holder = this.assertHeld(claim);
      change(claim, { ...changes, renewals: holder.renewals + 1 });
    });
  }

  private assertHeld({ folder, id }: Claim): LeaseHolder {
    const { holder } = readRecord(folder);
    if (holder?.id === id) return holder;
    throw leaseLost(holder);
  }

  /** It may have taken longer than the lease lasts. */
  private signOfLife(claim: Claim): void {
    try {
      const { holder } = readRecord(claim.folder);
      if (holder?.id === claim.id) change(claim, { renewals: holder.renewals + 1 });
    } catch {
      // What was done is done; the next renewal tries again.
    }
  }
}

/** Under the lock, by whoever holds the lease. */
export function change({ folder }: Pick<Claim, 'folder'>, changes: Partial<LeaseHolder>): void {
  const { token, holder } = readRecord(folder);
  if (holder) writeRecord(folder, { token, holder: { ...holder, ...changes } });
}

export function leaseLost(holder: LeaseHolder | null): BackupError {
  const silent = 'this process did not renew its lease in time: it was suspended, or the machine was asleep';
  const who = holder && processInWords(holder.process);
  const what = who
    ? `${who[0]!.toUpperCase() + who.slice(1)} took over the backup folder, because ${silent}.`
    : `Another process released the lease on the backup folder, because ${silent}.`;
  return new BackupError('LEASE_LOST', `${what} The job did not finish; start it again.`);
}
