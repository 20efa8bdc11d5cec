import { Injectable, Logger } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type * as Schedule from '@nestjs/schedule';
import { optionalPackage } from '../system/optional-package.js';

/** A timer as it is listed. */
export interface ListedTimer {
  /** When it runs next; null when it does not. */
  readonly due: Date | null;
  /** Takes the snapshot now. */
  run(): void;
}

/**
 * Lists the timers of the plans in the host's `SchedulerRegistry`, where it has `ScheduleModule`, as cron jobs named `backup:<plan>`. They run by the library's own
 * clock and rhythm all the same, so that `start()` and `stop()` of such a job do nothing: the settings say which plans run.
 */
@Injectable()
export class ScheduleListing {
  private readonly logger = new Logger('BackupScheduler');

  constructor(private readonly modules: ModuleRef) {}

  add(plan: string, timer: ListedTimer): void {
    const name = `backup:${plan}`;
    const registry = this.registry();
    if (!registry) return;
    if (registry.doesExist('cron', name))
      this.logger.warn(
        `The application already has a cron job named "${name}", so the timer of the plan is not listed.`,
      );
    else registry.addCronJob(name, new ListedPlan(timer) as unknown as ReturnType<typeof registry.getCronJob>);
  }

  remove(plan: string): void {
    const name = `backup:${plan}`;
    const registry = this.registry();
    const isOurs = registry?.doesExist('cron', name) && (registry.getCronJob(name) as unknown) instanceof ListedPlan;
    if (isOurs) registry?.deleteCronJob(name);
  }

  private registry(): Schedule.SchedulerRegistry | null {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- optional
    const schedule = optionalPackage<typeof Schedule>('@nestjs/schedule', () => require('@nestjs/schedule'));
    try {
      return schedule && this.modules.get(schedule.SchedulerRegistry, { strict: false });
    } catch {
      return null; // installed, and not imported by the application
    }
  }
}

/** What hosts call of a `CronJob` when they list and inspect theirs, as the documentation of `@nestjs/schedule` shows it. */
class ListedPlan {
  readonly isActive = true;

  constructor(private readonly timer: ListedTimer) {}

  nextDate(): ListedDate | null {
    return this.timer.due && new ListedDate(this.timer.due);
  }

  nextDates(count = 1): ListedDate[] {
    const next = this.nextDate();
    return next && count > 0 ? [next] : [];
  }

  fireOnTick = (): void => this.timer.run();

  start(): void {}

  stop(): void {}
}

/** A `Date` with what a `DateTime` of luxon, which `CronJob` answers with, has of one. */
class ListedDate extends Date {
  toJSDate = (): Date => new Date(this);
  toISO = (): string => this.toISOString();
  toMillis = (): number => this.getTime();
}
