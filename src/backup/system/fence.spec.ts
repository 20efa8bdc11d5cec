import { mkdtemp, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fence } from './fence.js';
import { Lease } from './lease.js';
import { ManualClock } from './manual-clock.js';

let folder: string;

beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'fence-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const held = async (): Promise<Fence> => {
  const lease = new Lease(folder, new ManualClock('2026-01-30T12:00:00.000Z'));
  return (await lease.tryAcquire({ purpose: 'capture' }))!.fence;
};

describe('what two jobs of one process do for good', () => {
  it.each([
    ['under the lease', held],
    ['where there is none to be had', () => Promise.resolve(new Fence(null))],
  ])('is done one after the other, past one that fails, %s', async (_, fenceOf) => {
    const fence = await fenceOf();
    const other = new Fence(fence.claim);
    let highest = 0;
    /** As sequence numbers are given: by what is the highest now, and a moment later it is theirs. */
    const publish = async () => {
      const sequence = highest + 1;
      await pause(1);
      highest = sequence;
      return sequence;
    };
    const done = await Promise.allSettled([
      fence.whileHeld(publish),
      other.whileHeld(publish),
      fence.whileHeld(() => Promise.reject(new Error('no room'))),
      other.whileHeld(publish),
    ]);
    const given = done.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(given.sort()).toEqual([1, 2, 3]);
  });
});
