import { describe, expect, it } from 'vitest';
import { ManualClock } from './manual-clock.js';

const START = '2026-01-01T00:00:00.000Z';

function setUp() {
  const clock = new ManualClock(START);
  const rung: string[] = [];
  const ring = (name: string) => () => void rung.push(`${name} at ${clock.now().getTime() - Date.parse(START)}`);
  return { clock, rung, ring };
}

describe('ManualClock', () => {
  it('stands still until it is told to move', () => {
    const { clock } = setUp();
    expect(clock.now().toISOString()).toBe(START);
    clock.advance(1500);
    expect(clock.now().toISOString()).toBe('2026-01-01T00:00:01.500Z');
  });

  it('rings what is due in order, each at its own time and once', () => {
    const { clock, rung, ring } = setUp();
    clock.after(200, ring('second'));
    clock.after(100, ring('first'));
    clock.after(200, ring('third'));
    clock.after(201, ring('later'));
    clock.advance(200);
    clock.advance(0);
    expect(rung).toEqual(['first at 100', 'second at 200', 'third at 200']);
    expect(clock.nextAlarmAt?.toISOString()).toBe('2026-01-01T00:00:00.201Z');
  });

  it('rings alarms that alarms set, as long as they fall due on the way', () => {
    const { clock, rung, ring } = setUp();
    const everyHundred = () => {
      ring('tick')();
      clock.after(100, everyHundred);
    };
    clock.after(100, everyHundred);
    clock.advance(350);
    expect(rung).toEqual(['tick at 100', 'tick at 200', 'tick at 300']);
    expect(clock.now().getTime() - Date.parse(START)).toBe(350);
  });

  it('forgets a cancelled alarm', () => {
    const { clock, rung, ring } = setUp();
    const cancel = clock.after(100, ring('never'));
    cancel();
    cancel();
    clock.advance(1000);
    expect(rung).toEqual([]);
    expect(clock.nextAlarmAt).toBeUndefined();
  });
});
