import { Module } from '@nestjs/common';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { describe, expect, it, vi } from 'vitest';
import { ScheduleListing } from './schedule.listing.js';

@Module({ providers: [ScheduleListing] })
class Library {}

describe('timers in the scheduler registry of a host', () => {
  it('are listed with when they run next, run when asked, and go away', async () => {
    const app = await Test.createTestingModule({ imports: [ScheduleModule.forRoot(), Library] }).compile();
    const listing = app.get(ScheduleListing);
    const registry = app.get(SchedulerRegistry);
    const run = vi.fn();
    const timer = { due: new Date('2026-01-30T02:00:00Z') as Date | null, run };
    listing.add('auto', timer);
    listing.add('auto', timer); // an application that has that name keeps it
    expect([...registry.getCronJobs().keys()]).toEqual(['backup:auto']);
    const job = registry.getCronJob('backup:auto');
    expect(job.nextDate().toJSDate()).toEqual(new Date('2026-01-30T02:00:00Z'));
    expect(job.nextDate().toISO()).toBe('2026-01-30T02:00:00.000Z');
    timer.due = null;
    expect(job.nextDate()).toBeNull();
    await job.fireOnTick();
    expect(run).toHaveBeenCalledOnce();
    listing.remove('auto');
    expect(registry.getCronJobs().size).toBe(0);
    listing.add('weekly', timer);
    await app.init();
    await app.close(); // which takes all away, and stops each
  });

  it('are listed nowhere where the host has no ScheduleModule', async () => {
    const app = await Test.createTestingModule({ imports: [Library] }).compile();
    const listing = app.get(ScheduleListing);
    expect(() => {
      listing.add('auto', { due: null, run: () => undefined });
      listing.remove('auto');
    }).not.toThrow();
  });
});
