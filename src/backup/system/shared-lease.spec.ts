import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HeldLease } from './held-lease.js';
import { Lease } from './lease.js';
import { holderInWords, readRecord, writeRecord } from './lease.record.js';
import { ManualClock } from './manual-clock.js';
import { startOf, THIS_PROCESS } from './process-identity.js';
import { SharedLease, type LeaseShare, type LeaseWaiting } from './shared-lease.js';
import { until } from '../../../test/support/until.js';

const POLL = 200;
const PATIENCE = 3_600_000;
const LIVING = { ...THIS_PROCESS, pid: process.ppid, started: startOf(process.ppid), run: 'another' };

/** Knows how many wait until they look again. */
class WatchedClock extends ManualClock {
  pausing = 0;

  override after(ms: number, run: () => void): () => void {
    if (ms !== POLL) return super.after(ms, run);
    this.pausing += 1;
    let isOver = false;
    const end = () => {
      if (!isOver) this.pausing -= 1;
      isOver = true;
    };
    const cancel = super.after(ms, () => {
      end();
      run();
    });
    return () => {
      end();
      cancel();
    };
  }
}

let root: string;
let folder: string;
let clock: WatchedClock;
/** Those who asked and have neither got it nor been refused. */
let asking: number;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'shared-lease-'));
  folder = root;
  clock = new WatchedClock('2026-01-30T12:00:00.000Z');
  asking = 0;
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** As it is in one process; what another one has behaves as if it were elsewhere. */
const processOf = (clearAway?: (held: HeldLease) => Promise<void>) =>
  new SharedLease(new Lease(folder, clock), clock, clearAway);

interface Asked {
  share: LeaseShare | null;
  error: unknown;
  /** In words, whom it was told that it waits for. */
  waitedFor: string[];
  lost: number;
  leave(): Promise<void>;
}

function ask(lease: SharedLease, plan: string, waiting: Partial<LeaseWaiting> = {}): Asked {
  const asked: Asked = { share: null, error: null, waitedFor: [], lost: 0, leave: () => asked.share!.leave() };
  asking += 1;
  lease
    .enter(
      { purpose: 'capture', job: `job of ${plan}`, plan },
      {
        patienceMs: PATIENCE,
        onWait: (holder) => asked.waitedFor.push(holder ? holderInWords(holder) : 'its turn'),
        onLost: () => (asked.lost += 1),
        ...waiting,
      },
    )
    .then(
      (share) => (asked.share = share),
      (error: unknown) => (asked.error = error),
    )
    .finally(() => (asking -= 1));
  return asked;
}

/** Until everybody has it, or waits to look again. */
const settled = () => until(() => expect(clock.pausing).toBe(asking), 1);

async function everybodyLooks(times = 1): Promise<void> {
  for (let look = 0; look < times; look++) {
    await settled();
    clock.advance(POLL);
    await settled();
  }
}

async function entered(lease: SharedLease, plan: string): Promise<Asked> {
  const asked = ask(lease, plan);
  await settled();
  expect(asked.share).not.toBeNull();
  return asked;
}

const holder = () => readRecord(folder).holder;
const token = () => readRecord(folder).token;

describe('jobs of one process', () => {
  it('have the lease together, from the first to the last, and say which they are', async () => {
    const [here, elsewhere] = [processOf(), processOf()];
    const both = [ask(here, 'uploads'), ask(here, 'auto')]; // in the same moment
    await settled();
    expect(both.map(({ share }) => share?.fence.claim)).toEqual(both.map(() => ({ folder, id: holder()!.id })));
    expect(both.flatMap(({ waitedFor }) => waitedFor)).toEqual([]);
    expect([token(), holder()]).toMatchObject([
      1,
      { purpose: 'capture', job: 'job of uploads', plans: ['uploads', 'auto'] },
    ]);
    const other = ask(elsewhere, 'other');
    await everybodyLooks();
    await both[0]!.leave();
    await everybodyLooks();
    expect(holder()).toMatchObject({ job: 'job of auto', plans: ['auto'] });
    expect(other.share).toBeNull();
    await both[1]!.leave();
    await everybodyLooks();
    expect(other.share).not.toBeNull();
    const who = `of process ${process.pid}`;
    expect(other.waitedFor).toEqual([`captures by the plans uploads and auto ${who}`, `capture ${who}`]);
    await both[1]!.leave(); // which it has already
    expect(holder()).toMatchObject({ job: 'job of other' });
  });

  it('all hear that another process has taken it over, and what they do then does not touch its lease', async () => {
    const here = processOf();
    const both = [await entered(here, 'uploads'), await entered(here, 'auto')];
    writeRecord(folder, {
      token: 7,
      holder: { ...holder()!, id: 'of another', process: LIVING },
    });
    clock.advance(10_000);
    await until(() => expect(both.map(({ lost }) => lost)).toEqual([1, 1]));
    const next = ask(here, 'next');
    await everybodyLooks();
    for (const each of both) await each.leave();
    expect(holder()).toMatchObject({ id: 'of another' });
    expect(next.share).toBeNull();
    writeRecord(folder, { token: 7, holder: null });
    await everybodyLooks();
    expect(next.share).not.toBeNull();
    expect(both.map(({ lost }) => lost)).toEqual([1, 1]);
  });

  it('hear it from who wants to join, too, and that one does not work under what was lost', async () => {
    const here = processOf();
    const first = await entered(here, 'uploads');
    writeRecord(folder, { token: 7, holder: null });
    const second = ask(here, 'auto');
    await everybodyLooks();
    expect(first.lost).toBe(1);
    expect(second.share!.fence.claim!.id).toBe(holder()!.id);
    expect(second.lost).toBe(0);
  });

  it('begin when what others left is cleared away, once for all of them', async () => {
    const cleared: boolean[] = [];
    let done!: () => void;
    const here = processOf(({ tookOver }) => {
      cleared.push(tookOver);
      return new Promise((resolve) => (done = resolve));
    });
    const left = await entered(processOf(), 'killed');
    expect(left.share).not.toBeNull();
    writeRecord(folder, {
      token: 1,
      holder: { ...holder()!, process: { ...holder()!.process, run: 'an earlier run' } },
    });
    const both = [await entered(here, 'uploads'), await entered(here, 'auto')];
    let ready = 0;
    for (const { share } of both) void share!.ready.then(() => (ready += 1));
    await new Promise(setImmediate);
    expect([cleared, ready]).toEqual([[true], 0]);
    done();
    await Promise.all(both.map(({ share }) => share!.ready));
    expect([cleared, ready]).toEqual([[true], 2]);
  });

  it('are all told where that fails', async () => {
    const here = processOf(() => Promise.reject(new Error('unreadable')));
    const both = [await entered(here, 'uploads'), await entered(here, 'auto')];
    for (const { share } of both) await expect(share!.ready).rejects.toThrow('unreadable');
  });
});

describe('a process that waits', () => {
  it('gives up when it has waited for long, or is not wanted any more', async () => {
    const held = await entered(processOf(), 'uploads');
    const elsewhere = processOf();
    const impatient = ask(elsewhere, 'impatient', { patienceMs: 2 * POLL });
    const ending = new AbortController();
    const cancelled = ask(elsewhere, 'cancelled', { signal: ending.signal });
    await everybodyLooks();
    ending.abort(new Error('not wanted any more'));
    await everybodyLooks();
    expect(cancelled.error).toMatchObject({ message: 'not wanted any more' });
    expect(impatient.error).toMatchObject({
      code: 'BUSY',
      message: expect.stringMatching(/^The capture of process \d+, started at 2026/) as string,
    });
    expect(asking).toBe(0);
    await held.leave();
    await entered(elsewhere, 'later');
  });

  it('has its turn, however the captures of another one overlap; and that one goes on meanwhile with what costs it nothing', async () => {
    const [here, elsewhere] = [processOf(), processOf()];
    const uploads = await entered(here, 'uploads');
    const restore = ask(elsewhere, 'restore');
    await everybodyLooks();
    for (let capture = 0; capture < 3; capture++) await (await entered(here, 'auto')).leave();
    const last = await entered(here, 'auto');
    await uploads.leave();
    const late = ask(here, 'uploads');
    await everybodyLooks(3);
    expect(late.share).toBeNull();
    expect(late.waitedFor).toEqual(['its turn']);
    await last.leave();
    const later = ask(here, 'auto'); // which looks before anybody else
    await settled();
    expect([later.share, later.waitedFor]).toEqual([null, ['its turn']]);
    await everybodyLooks();
    expect([restore.share !== null, late.share, later.share]).toEqual([true, null, null]);
    await restore.leave();
    await everybodyLooks(2);
    expect([late, later].map(({ share }) => share !== null)).toEqual([true, true]);
  });

  it('holds up nobody for long that seems to wait but never comes', async () => {
    const here = processOf();
    const stopped = new Lease(folder, clock);
    const uploads = await entered(here, 'uploads');
    stopped.waiting.take();
    await uploads.leave();
    const late = ask(here, 'auto');
    await everybodyLooks(9);
    expect(late.share).toBeNull();
    await everybodyLooks(2);
    expect(late.share).not.toBeNull();
    stopped.waiting.giveBack();
  });

  it('does not, once nobody has it that it waited for', async () => {
    const [here, elsewhere] = [processOf(), processOf()];
    const uploads = await entered(here, 'uploads');
    const ending = new AbortController();
    ask(elsewhere, 'cancelled', { signal: ending.signal });
    await everybodyLooks();
    const auto = await entered(here, 'auto');
    ending.abort(new Error('not wanted any more'));
    await settled();
    await uploads.leave();
    await entered(here, 'uploads'); // since nobody waits now
    await auto.leave();
  });
});

interface Entrant extends Asked {
  process: number;
  /** Since it was seen to wait: those of another process that were at work then. */
  elders: Entrant[] | null;
}

it('whatever the jobs of several processes do, one process is at work, and every one has its turn', async () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('enter' as const), process: fc.nat(1) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('leave' as const), which: fc.nat(9) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('look' as const) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
      folder = await mkdtemp(join(root, 'run-'));
      clock = new WatchedClock('2026-01-30T12:00:00.000Z');
      asking = 0;
      const processes = [processOf(), processOf()];
      const entrants: Entrant[] = [];
      const atWork = () => entrants.filter(({ share }) => share !== null);
      const waiting = () => entrants.filter(({ share }) => share === null);
      const leave = async (which: number) => {
        const one = atWork()[which % Math.max(atWork().length, 1)];
        if (!one) return;
        await one.leave();
        entrants.splice(entrants.indexOf(one), 1);
      };
      const check = () => {
        expect(new Set(atWork().map(({ process }) => process)).size).toBeLessThanOrEqual(1);
        for (const one of waiting()) {
          const isTurnOfItsProcess = atWork().some(({ process }) => process === one.process);
          one.elders = isTurnOfItsProcess || one.waitedFor.length === 0 ? null : (one.elders ?? atWork());
        }
      };
      for (const each of steps) {
        const before = atWork();
        if (each.do === 'enter')
          entrants.push(Object.assign(ask(processes[each.process]!, 'auto'), { process: each.process, elders: null }));
        else if (each.do === 'leave') await leave(each.which);
        else await everybodyLooks();
        await settled();
        for (const begun of atWork().filter((one) => !before.includes(one)))
          for (const { process, elders } of waiting())
            if (process !== begun.process && elders)
              expect(elders.length === 0 || elders.some((elder) => entrants.includes(elder))).toBe(true);
        check();
      }
      for (let rounds = 0; entrants.length > 0; rounds++) {
        expect(rounds).toBeLessThan(200);
        await everybodyLooks();
        await leave(0);
      }
    }),
    { numRuns: 40, seed: 20_260_130 },
  );
});
