import { describe, expect, it } from 'vitest';
import { Lane } from './lane.js';

function recordingLane() {
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const lane = new Lane<string>((item) => {
    log.push(item);
    return new Promise((resolve) => ends.set(item, resolve));
  });
  const end = async (item: string) => {
    ends.get(item)!();
    await new Promise(setImmediate);
  };
  return { lane, log, end };
}

describe('Lane', () => {
  it('runs one item at a time, in the order they came', async () => {
    const { lane, log, end } = recordingLane();
    ['a', 'b', 'c'].forEach((item) => lane.add(item));
    expect(log).toEqual(['a']);
    await end('a');
    expect(log).toEqual(['a', 'b']);
    expect(lane.running).toBe('b');
    await end('b');
    await end('c');
    expect(log).toEqual(['a', 'b', 'c']);
    expect(lane.running).toBeUndefined();
  });

  it('takes urgent items before those that wait, and keeps their order among themselves', async () => {
    const { lane, log, end } = recordingLane();
    lane.add('a');
    lane.add('b');
    lane.add('urgent 1', 'first');
    lane.add('urgent 2', 'first');
    for (const item of ['a', 'urgent 1', 'urgent 2', 'b']) await end(item);
    expect(log).toEqual(['a', 'urgent 1', 'urgent 2', 'b']);
  });

  it('takes what can wait after everything else, however late that came', async () => {
    const { lane, log, end } = recordingLane();
    lane.add('a');
    lane.add('patient 1', 'last');
    lane.add('patient 2', 'last');
    lane.add('b');
    lane.add('urgent', 'first');
    for (const item of ['a', 'urgent', 'b', 'patient 1']) await end(item);
    expect(log).toEqual(['a', 'urgent', 'b', 'patient 1', 'patient 2']);
  });

  it('removes what still waits, and says that what runs cannot be removed', async () => {
    const { lane, log, end } = recordingLane();
    lane.add('a');
    lane.add('b');
    expect(lane.remove('b')).toBe(true);
    expect(lane.remove('a')).toBe(false);
    await end('a');
    expect(log).toEqual(['a']);
  });
});
