import { Injectable, Logger } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { Catalog } from '../catalog/catalog.js';
import { SnapshotRepository } from '../stores/snapshot.repository.js';
import { plansOf } from '../model/backup-config.js';
import {
  confirmClock,
  lookAtClock,
  newClockHistory,
  parseClockHistory,
  type ClockHistory,
  type ClockLimits,
} from '../model/clock-history.js';
import { asBackupError } from '../model/errors.js';
import { periodMs } from '../model/rhythm.js';
import { Clock } from '../system/clock.js';
import { ConfigStore } from './config.store.js';
import { ResolvedOptions } from './resolved-options.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Remembers where the machine's clock has been, so that one that is wrong deletes nothing (docs/decisions/0030-clocks.md). */
@Injectable()
export class ClockWatch {
  private readonly logger = new Logger('Backup');
  private history: ClockHistory | undefined;
  /** What this process wrote last. */
  private stored: ClockHistory | undefined;
  private looks: Promise<unknown> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private lookedAt: number | undefined;
  private trouble = '';

  constructor(
    private readonly repository: SnapshotRepository,
    private readonly catalog: Catalog,
    private readonly config: ConfigStore,
    private readonly clock: Clock,
    private readonly options: ResolvedOptions,
  ) {}

  /** Looks at the clock every hour from now on, of real time. */
  start(): void {
    this.timer = setInterval(() => void this.look(), HOUR_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Looks at the clock. @returns what is known of it now */
  look(): Promise<ClockHistory> {
    return this.lookAnd((looked) => looked);
  }

  /** Somebody who knows the time says that the clock is right. */
  confirm(): Promise<ClockHistory> {
    return this.lookAnd(confirmClock);
  }

  private lookAnd(then: (looked: ClockHistory, now: Date) => ClockHistory): Promise<ClockHistory> {
    const now = this.clock.now();
    const elapsed = this.clock.elapsed();
    return this.inTurn(async () => {
      const runningMs = this.lookedAt === undefined ? 0 : elapsed - this.lookedAt;
      const known = await this.known(now);
      const looked = lookAtClock(known, now, { ...this.limits(now), runningMs });
      this.lookedAt = elapsed;
      this.report(looked, known);
      return this.remember(then(looked, now));
    });
  }

  private inTurn<T>(step: () => Promise<T>): Promise<T> {
    const done = this.looks.then(step);
    this.looks = done.catch(() => undefined);
    return done;
  }

  /** What is in the file, where other processes write too; where it cannot be used, what the snapshots tell. */
  private async known(now: Date): Promise<ClockHistory> {
    const text = await this.repository.readClockHistory().catch(() => null);
    const stored = text === null ? undefined : parseClockHistory(text);
    if (stored && this.history && this.history.seen > stored.seen && isSameButSeen(stored, this.history))
      return this.history;
    return stored ?? this.history ?? newClockHistory(await this.lastKnown(now));
  }

  private async lastKnown(now: Date): Promise<Date> {
    const { items } = await this.catalog.page({ to: now.toISOString(), page: 1, page_size: 1 });
    return items[0] ? new Date(items[0].created_at) : now;
  }

  private report({ jumps }: ClockHistory, known: ClockHistory): void {
    for (const { from, to } of jumps.filter((jump) => !known.jumps.some((other) => other.from === jump.from)))
      this.logger.warn(
        `The clock jumped from ${from} to ${to}. Until this is confirmed, no snapshot expires because of it`,
      );
  }

  private async remember(history: ClockHistory): Promise<ClockHistory> {
    this.history = history;
    if (this.options.readOnly || (this.stored && isSameButSeen(this.stored, history) && isRecent(this.stored, history)))
      return history;
    try {
      await this.repository.writeClockHistory(`${JSON.stringify(history, null, 2)}\n`);
      this.stored = history;
      this.trouble = '';
    } catch (error) {
      const { message } = asBackupError(error);
      if (message !== this.trouble) this.logger.warn(`Could not store the history of the clock: ${message}`);
      this.trouble = message;
    }
    return history;
  }

  private limits(now: Date): Omit<ClockLimits, 'runningMs'> {
    const config = this.config.get();
    const plans = plansOf(config);
    const days = [config.retention_days, ...plans.map(({ retentionDays }) => retentionDays ?? 0)];
    const rhythms = plans.filter(({ enabled }) => enabled).map(({ rhythm }) => periodMs(rhythm, now));
    return { rhythmMs: Math.max(0, ...rhythms), retentionMs: Math.max(...days) * DAY_MS };
  }
}

const isSameButSeen = (a: ClockHistory, b: ClockHistory): boolean => isDeepStrictEqual({ ...a, seen: b.seen }, b);

const isRecent = (stored: ClockHistory, { seen }: ClockHistory): boolean =>
  Date.parse(seen) - Date.parse(stored.seen) < HOUR_MS;
