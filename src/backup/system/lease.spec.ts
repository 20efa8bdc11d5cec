import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LEASE_FOLDER } from './folder-lock.js';
import type { HeldLease } from './held-lease.js';
import { Lease } from './lease.js';
import { readRecord, recordPath, writeRecord } from './lease.record.js';
import { ManualClock } from './manual-clock.js';
import { hasEnded, startOf, THIS_PROCESS, type ProcessIdentity } from './process-identity.js';
import { until } from '../../../test/support/until.js';

const TTL = 30_000;
const CAPTURE = { purpose: 'capture', job: 'a' };
/** No process has it: ids end far below. */
const DEAD_PID = 4_194_305;
const LIVING: ProcessIdentity = { ...THIS_PROCESS, pid: process.ppid, started: startOf(process.ppid), run: 'another' };

let folder: string;
let clock: ManualClock;
let lease: Lease;
let other: Lease;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lease-'));
  clock = new ManualClock('2026-01-30T12:00:00.000Z');
  lease = new Lease(folder, clock);
  other = new Lease(folder, clock);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** As if another process had taken it. */
async function heldBy(process: ProcessIdentity): Promise<void> {
  const held = await lease.tryAcquire(CAPTURE);
  expect(held).not.toBeNull();
  const { token, holder } = readRecord(folder);
  writeRecord(folder, { token, holder: { ...holder!, process } });
}

const renewals = () => readRecord(folder).holder!.renewals;
/** Until somebody waits for the clock. */
const armed = () => until(() => expect(clock.nextAlarmAt).toBeDefined());

describe('a lease', () => {
  it('has one holder, and is free again when that gives it back', async () => {
    const held = await lease.tryAcquire(CAPTURE);
    expect(await other.tryAcquire(CAPTURE)).toBeNull();
    expect(await other.holder()).toMatchObject({ purpose: 'capture', job: 'a', process: { pid: process.pid } });
    await held!.release();
    expect(await other.holder()).toBeNull();
    const next = await other.tryAcquire({ purpose: 'restore' });
    expect(next).toMatchObject({ token: held!.token + 1, tookOver: false });
    await held!.release(); // which is not its any more
    expect(await lease.tryAcquire(CAPTURE)).toBeNull();
  });

  it('is taken from a process that has ended at once, also where its number is in use again', async () => {
    for (const process of [
      { ...LIVING, pid: DEAD_PID },
      { ...LIVING, started: 'an earlier one' },
      { ...THIS_PROCESS, run: 'an earlier run' },
    ]) {
      await heldBy(process);
      const held = await other.tryAcquire(CAPTURE);
      expect(held).toMatchObject({ tookOver: true });
      await held!.release();
    }
  });

  it.each([
    ['one that lives', LIVING],
    ['one on another machine', { ...LIVING, pid: DEAD_PID, place: 'another', host: 'another' }],
  ])('is taken from %s only when it has given no sign of life for as long as the lease lasts', async (_, process) => {
    await heldBy(process);
    expect(await other.tryAcquire(CAPTURE)).toBeNull();
    clock.advance(TTL - 1);
    expect(await other.tryAcquire(CAPTURE)).toBeNull();
    const { token, holder } = readRecord(folder);
    writeRecord(folder, { token, holder: { ...holder!, renewals: 1 } });
    clock.advance(TTL - 1);
    expect(await other.tryAcquire(CAPTURE)).toBeNull();
    clock.advance(TTL);
    expect(await other.tryAcquire(CAPTURE)).toMatchObject({ token: token + 1, tookOver: true });
  });

  it('stays with a holder that renews it, and tells one that has lost it', async () => {
    const held = (await lease.tryAcquire(CAPTURE))!;
    const lost: string[] = [];
    held.keep(({ code }) => lost.push(code));
    for (let time = 0; time < 5 * TTL; time += 10_000) {
      expect(await other.tryAcquire(CAPTURE)).toBeNull();
      await armed();
      const before = renewals();
      clock.advance(10_000);
      await until(() => expect(renewals()).toBe(before + 1));
    }
    await armed();
    writeRecord(folder, { token: 7, holder: null });
    clock.advance(10_000);
    await until(() => expect(lost).toEqual(['LEASE_LOST']));
    expect(clock.nextAlarmAt).toBeUndefined();
  });

  it('lets nobody write who has lost it, and nobody take it over meanwhile', async () => {
    const held = (await lease.tryAcquire(CAPTURE))!;
    expect(await other.tryAcquire(CAPTURE)).toBeNull(); // from when on its time is counted
    let next: Promise<HeldLease | null> | undefined;
    const order: string[] = [];
    await held.fence.whileHeld(async () => {
      clock.advance(2 * TTL);
      next = other.tryAcquire(CAPTURE);
      void next.then((taken) => order.push(taken ? 'taken' : 'not taken'));
      await new Promise((resolve) => setTimeout(resolve, 30)); // in which it would be taken, if it could be
      order.push('written');
    });
    await next;
    expect(order).toEqual(['written', 'not taken']); // what it did was a sign of life
    clock.advance(2 * TTL);
    expect(await other.tryAcquire(CAPTURE)).not.toBeNull();
    await expect(held.fence.whileHeld(() => order.push('written too late'))).rejects.toMatchObject({
      code: 'LEASE_LOST',
      message: expect.stringContaining(`Process ${process.pid}`) as string,
    });
    await expect(held.fence.announceMaintenance(true)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(order).toHaveLength(2);
  });

  it('stays with a process that was stopped for long and goes on, where nobody else took it', async () => {
    const held = (await lease.tryAcquire(CAPTURE))!;
    clock.advance(10 * TTL);
    expect(await lease.holder()).toMatchObject({ job: 'a' });
    expect(await lease.tryAcquire(CAPTURE)).toBeNull();
    expect(await held.fence.whileHeld(() => 'written')).toBe('written');
    await held.release();
    expect(await lease.tryAcquire(CAPTURE)).not.toBeNull();
  });

  it('is taken from a holder that should not have it any more by whoever asks for it', async () => {
    await heldBy(LIVING);
    expect(await other.holder()).not.toBeNull();
    clock.advance(TTL);
    expect(await other.holder()).toBeNull();
    expect(readRecord(folder).holder).toBeNull();
  });

  it.each(['', '{"format":', '[]', '{"format":"nestjs-backup/lease","version":2}', ' '.repeat(5000)])(
    'whose record is damaged (%j) is nobody’s',
    async (text) => {
      const held = (await lease.tryAcquire(CAPTURE))!;
      await writeFile(recordPath(folder), text);
      expect(await other.holder()).toBeNull();
      await expect(held.fence.whileHeld(() => undefined)).rejects.toMatchObject({ code: 'LEASE_LOST' });
      expect(await other.tryAcquire(CAPTURE)).not.toBeNull();
      expect(await lease.tryAcquire(CAPTURE)).toBeNull();
    },
  );
});

describe('a process', () => {
  it('is known to have ended only in its own place', () => {
    expect(hasEnded(THIS_PROCESS)).toBe(false);
    expect(hasEnded(LIVING)).toBe(false);
    expect(hasEnded({ ...LIVING, pid: DEAD_PID })).toBe(true);
    expect(hasEnded({ ...LIVING, pid: DEAD_PID, place: 'another' })).toBe(false);
  });
});

it('whatever several holders do, one at a time writes, and tokens only grow', async () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('acquire' as const), by: fc.nat(2) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('write' as const), by: fc.nat(2) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), by: fc.nat(2) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('look' as const), by: fc.nat(2) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: TTL }) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      await rm(join(folder, LEASE_FOLDER), { recursive: true, force: true });
      const leases = [0, 1, 2].map(() => new Lease(folder, clock));
      const held: (HeldLease | null)[] = [null, null, null];
      let rightful: number | null = null;
      let lastToken = 0;
      for (const each of steps) {
        if (each.do === 'pass') {
          clock.advance(each.ms);
          continue;
        }
        const { by: actor } = each;
        if (each.do === 'acquire') {
          const taken = await leases[actor]!.tryAcquire(CAPTURE);
          if (!taken) {
            expect(rightful).not.toBeNull();
            continue;
          }
          expect(taken.token).toBeGreaterThan(lastToken);
          [held[actor], rightful, lastToken] = [taken, actor, taken.token];
        } else if (each.do === 'look') {
          if ((await leases[actor]!.holder()) === null) rightful = null;
          else expect(rightful).not.toBeNull();
        } else if (each.do === 'release') {
          await held[actor]?.release();
          if (rightful === actor) rightful = null;
        } else if (held[actor]) {
          const wrote = await held[actor].fence.whileHeld(() => true).catch(({ code }: { code: string }) => code);
          expect(wrote).toBe(rightful === actor ? true : 'LEASE_LOST');
        }
      }
    }),
    { numRuns: 150, seed: 20_260_130 },
  );
});
