import { Logger } from '@nestjs/common';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Catalog } from '../catalog/catalog.js';
import type { Workspace } from '../stores/workspace.js';
import { Fence } from '../system/fence.js';
import type { HeldLease } from '../system/held-lease.js';
import type { FilesRestorer } from './files.restorer.js';
import { Leftovers } from './leftovers.js';

let done: string[];
let failing: string | null;
let leftovers: Leftovers;

beforeEach(() => {
  vi.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
  done = [];
  failing = null;
  const step = (name: string, result?: unknown) => () => {
    done.push(name);
    return failing === name ? Promise.reject(new Error('unreadable')) : Promise.resolve(result);
  };
  leftovers = new Leftovers(
    { sweepAbandoned: step('sweep', []) } as unknown as Workspace,
    { endInterruptedJobs: step('jobs') } as unknown as Catalog,
    { recover: step('files') } as unknown as FilesRestorer,
  );
});

/** As if somebody had just got the lease. */
const clearAway = async (tookOver: boolean) => {
  done = [];
  await leftovers.clearAway({ fence: new Fence(null), tookOver } as HeldLease);
  return done;
};

describe('what others left half done', () => {
  it('at the start is cleared away once, by whoever has the lease first', async () => {
    expect(await clearAway(false)).toEqual(['sweep', 'jobs', 'files']);
    expect(await clearAway(false)).toEqual([]);
  });

  it('and did not give the lease back is settled each time', async () => {
    await leftovers.sweep(new Fence(null));
    for (let time = 0; time < 2; time++) expect(await clearAway(true)).toEqual(['jobs', 'files']);
  });

  it('at the start keeps nobody from working, where it cannot be cleared away', async () => {
    failing = 'sweep';
    expect(await clearAway(false)).toEqual(['sweep', 'jobs', 'files']);
    expect(await clearAway(false)).toEqual([]);
  });

  it('in a restore of files keeps everybody from working, where that can be brought to no end', async () => {
    failing = 'files';
    await expect(clearAway(true)).rejects.toThrow('unreadable');
  });
});
