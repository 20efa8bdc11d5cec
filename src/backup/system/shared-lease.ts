import { BackupError } from '../model/errors.js';
import type { Clock } from './clock.js';
import type { Fence } from './fence.js';
import type { HeldLease } from './held-lease.js';
import type { Lease } from './lease.js';
import { holderInWords, type LeaseHolder, type LeaseWork } from './lease.record.js';
import { Serial } from './serial.js';

/** What a job wants the lease for. */
export interface LeaseWanted {
  purpose: string;
  job?: string | null;
  /** Of a capture. */
  plan?: string | null;
}

export interface LeaseWaiting {
  /** Ends the waiting with its reason. */
  signal?: AbortSignal | undefined;
  /** After this long it fails. */
  patienceMs: number;
  /** Told whenever that changes: whom it waits for; null while it lets processes go first that have waited longer. */
  onWait?: (holder: LeaseHolder | null) => void;
  /** Told once, when another process has taken the lease over: nothing final can be done any more. */
  onLost?: (error: BackupError) => void;
}

/** The lease, for one of those who have it together. */
export interface LeaseShare {
  readonly fence: Fence;
  /** When what others left half done is cleared away: nobody may work before. Rejects where that failed. */
  readonly ready: Promise<void>;
  /** The last one to leave gives the lease back. */
  leave(): Promise<void>;
}

interface Member {
  wanted: LeaseWanted;
  onLost: (error: BackupError) => void;
}

/** One time that this process has the lease. */
interface Hold {
  held: HeldLease;
  ready: Promise<void>;
  /** The one that began first is first. */
  members: Set<Member>;
  /** Those who were at work already when another process was first seen to wait; null while none does. */
  elders: Set<Member> | null;
}

/** How many looks long those who wait may go first. */
const LOOKS_OF_A_TURN = 10;

/**
 * The lease, shared by the jobs of this process that run side by side: the first takes it, the last gives it back. Other processes are kept out as by a single one, and not for
 * longer: once one waits, further jobs join only as long as one is at work that it has to wait for anyway; then it has its turn.
 */
export class SharedLease {
  private hold: Hold | null = null;
  /** Given back while others waited, who go first. */
  private letGo: { token: number; at: number } | null = null;
  /** Joining and leaving, one after the other. */
  private readonly steps = new Serial();

  /** @param clearAway brings to an end what others left half done */
  constructor(
    private readonly lease: Lease,
    private readonly clock: Clock,
    private readonly clearAway: (held: HeldLease) => Promise<void> = () => Promise.resolve(),
  ) {}

  /** @throws BackupError `BUSY` when it stays with another process, or the signal's reason */
  async enter(wanted: LeaseWanted, waiting: LeaseWaiting): Promise<LeaseShare> {
    const { signal, patienceMs, onWait } = waiting;
    const member: Member = { wanted, onLost: waiting.onLost ?? (() => undefined) };
    const started = this.clock.elapsed();
    let announced: string | undefined;
    try {
      for (;;) {
        signal?.throwIfAborted();
        const share = await this.steps.run(() => this.look(member));
        if (share && signal?.aborted) await share.leave();
        signal?.throwIfAborted();
        if (share) return share;
        const holder = this.lease.peek();
        if (holder && this.clock.elapsed() - started >= patienceMs) throw busy(holder, patienceMs);
        const other = holder && !this.lease.isOwn(holder) ? holder : null;
        const inWords = other ? `${other.id} ${holderInWords(other)}` : '';
        if (inWords !== announced && (holder || this.letGo)) onWait?.(other);
        if (holder || this.letGo) announced = inWords;
        if (other) this.beSeenToWait();
        await this.pause(signal);
      }
    } finally {
      this.lease.waiting.giveBack(); // others of this process who wait take it again
    }
  }

  /** @returns null when it has to wait on */
  private async look(member: Member): Promise<LeaseShare | null> {
    const { hold } = this;
    if (hold) return this.join(hold, member);
    if (this.isTurnOfOthers()) return null;
    const held = await this.lease.tryAcquire(workOf([member])).catch(unlessBusy);
    if (held === null) return null;
    this.lease.waiting.giveBack();
    const opened: Hold = { held, ready: this.clearAway(held), members: new Set([member]), elders: null };
    opened.ready.catch(() => undefined); // those who have a share are told
    held.keep((lost) => this.lose(opened, lost));
    this.hold = opened;
    return this.shareOf(opened, member);
  }

  private async join(hold: Hold, member: Member): Promise<LeaseShare | null> {
    if (!this.mayJoin(hold)) return null;
    try {
      await hold.held.fence.announce(workOf([...hold.members, member]));
    } catch (error) {
      if (!(error instanceof BackupError) || error.code !== 'LEASE_LOST') return unlessBusy(error);
      this.lose(hold, error);
      return null;
    }
    hold.members.add(member);
    return this.shareOf(hold, member);
  }

  /** Whoever waits for the one that has been at work since before loses nothing by others that are at work meanwhile. */
  private mayJoin(hold: Hold): boolean {
    if (!this.lease.isWaitedFor()) hold.elders = null;
    else hold.elders ??= new Set(hold.members);
    return hold.elders === null || [...hold.members].some((member) => hold.elders!.has(member));
  }

  private shareOf(hold: Hold, member: Member): LeaseShare {
    const leave = () => this.steps.run(() => this.leave(hold, member));
    return { fence: hold.held.fence, ready: hold.ready, leave };
  }

  private async leave(hold: Hold, member: Member): Promise<void> {
    if (!hold.members.delete(member)) return;
    if (hold.members.size > 0) {
      if (this.hold === hold) await hold.held.fence.announce(workOf([...hold.members])).catch(() => undefined);
      return;
    }
    if (this.hold === hold) this.hold = null;
    this.letGo = this.lease.isWaitedFor() ? { token: hold.held.token, at: this.clock.elapsed() } : null;
    await hold.held.release();
  }

  private lose(hold: Hold, lost: BackupError): void {
    if (this.hold !== hold) return; // they have been told
    this.hold = null;
    for (const { onLost } of hold.members) onLost(lost);
  }

  /** Whether those who waited when it was given back still do, and none had it since. Not for long: one that was stopped may seem to wait. */
  private isTurnOfOthers(): boolean {
    if (this.letGo === null) return false;
    const { token, at } = this.letGo;
    const isOver = this.clock.elapsed() - at >= LOOKS_OF_A_TURN * this.lease.times.pollMs;
    if (isOver || this.lease.token() !== token || !this.lease.isWaitedFor()) this.letGo = null;
    return this.letGo !== null;
  }

  private beSeenToWait(): void {
    try {
      this.lease.waiting.take();
    } catch {
      // It waits all the same.
    }
  }

  private pause(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        cancel();
        signal?.removeEventListener('abort', go);
        resolve();
      };
      const cancel = this.clock.after(this.lease.times.pollMs, go);
      signal?.addEventListener('abort', go, { once: true });
    });
  }
}

function workOf(members: readonly Member[]): LeaseWork {
  const [{ wanted: first }] = members as [Member];
  const plans = members.flatMap(({ wanted }) => wanted.plan ?? []);
  return { purpose: first.purpose, job: first.job ?? null, plans };
}

/** Whoever has the lease may be doing what is final, and taking long over it. */
function unlessBusy(error: unknown): null {
  if (error instanceof BackupError && error.code === 'BUSY') return null;
  throw error;
}

function busy(holder: LeaseHolder, patienceMs: number): BackupError {
  return new BackupError(
    'BUSY',
    `The ${holderInWords(holder)}, started at ${holder.since}, still holds the backup folder after ${Math.round(patienceMs / 1000)} s. Wait for it to end or cancel it there, then try again.`,
  );
}
