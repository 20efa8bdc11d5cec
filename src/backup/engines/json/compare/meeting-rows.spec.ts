import { describe, expect, it } from 'vitest';
import { AFTER, BEFORE, MeetingRows, type Side } from './meeting-rows.js';

function meeting(limitBytes = 1_000_000) {
  const left: [Side, string, number][] = [];
  const rows = new MeetingRows(limitBytes, (...given) => left.push(given));
  return { rows, left };
}

describe('MeetingRows', () => {
  it('lets equal rows of both sides take each other away, in whatever order they come', () => {
    const { rows, left } = meeting();
    for (const row of ['a', 'b', 'c']) rows.take(BEFORE, row);
    for (const row of ['c', 'a', 'b']) rows.take(AFTER, row);
    rows.end();
    expect(left).toEqual([]);
  });

  it('hands out the others with their side and number', () => {
    const { rows, left } = meeting();
    for (const row of ['same', 'twice', 'twice', 'gone']) rows.take(BEFORE, row);
    for (const row of ['twice', 'same', 'come', 'come']) rows.take(AFTER, row);
    rows.end();
    expect(left).toEqual([
      [BEFORE, 'twice', 1],
      [BEFORE, 'gone', 1],
      [AFTER, 'come', 2],
    ]);
  });

  it('gives up those that came first where too much waits, and then their equals as well', () => {
    const { rows, left } = meeting(10_000);
    const all = Array.from({ length: 200 }, (_, n) => `row ${n}`);
    for (const row of all) rows.take(BEFORE, row);
    expect(left[0]).toEqual([BEFORE, 'row 0', 1]);
    expect(left.length).toBeGreaterThan(100);
    expect(left.length).toBeLessThan(200);
    const givenUp = left.length;
    for (const row of [...all].reverse()) rows.take(AFTER, row);
    rows.end();
    const rowsOf = (side: Side) => left.filter(([whose]) => whose === side).map(([, row]) => row);
    expect(rowsOf(BEFORE)).toHaveLength(givenUp);
    expect(rowsOf(AFTER).sort()).toEqual(rowsOf(BEFORE).sort());
  });

  it('takes a row that is larger than all that may wait', () => {
    const { rows, left } = meeting(1000);
    rows.take(AFTER, 'x'.repeat(5000));
    expect(left).toHaveLength(1);
  });
});
