import { describe, expect, it } from 'vitest';
import { planOf, type PlanSettings } from '../model/plan.js';
import { ManualClock } from '../system/manual-clock.js';
import { PlanTimer } from './plan.timer.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Unlike a timer, which counts on, it can be set back. */
class AdjustableClock extends ManualClock {
  private offsetMs = 0;

  override now(): Date {
    return new Date(super.now().getTime() + this.offsetMs);
  }

  setBack(ms: number): void {
    this.offsetMs -= ms;
  }
}

function started(settings: Partial<PlanSettings>) {
  const clock = new AdjustableClock('2026-01-30T12:00:00.000Z');
  const ticks: string[] = [];
  const plan = planOf({ name: 'plan', ...settings }, 10);
  const timer = new PlanTimer(plan, clock.now(), clock, () => ticks.push(clock.now().toISOString().slice(5, 16)));
  timer.start('startup');
  return { clock, ticks, timer };
}

describe('PlanTimer', () => {
  it('goes on in its rhythm when the clock is set back', () => {
    const { clock, ticks } = started({ interval_minutes: 10 });
    clock.advance(10 * MINUTE);
    clock.setBack(365 * 24 * HOUR);
    clock.advance(30 * MINUTE);
    expect(ticks).toEqual(['01-30T12:10', '01-30T12:30', '01-30T12:40']);
  });

  it('keeps to its schedule when the clock is set back', () => {
    const { clock, ticks } = started({ schedule: '0 2 * * *' });
    clock.setBack(10 * 24 * HOUR + HOUR);
    clock.advance(48 * HOUR);
    expect(ticks).toEqual(['01-21T02:00', '01-22T02:00']);
  });

  it('forgets a last time that lies in the future when its settings change', () => {
    const { clock, ticks, timer } = started({ interval_minutes: 10 });
    clock.setBack(365 * 24 * HOUR);
    timer.change(planOf({ name: 'plan', interval_minutes: 5 }, 10));
    clock.advance(5 * MINUTE);
    expect(ticks).toHaveLength(1);
  });
});
