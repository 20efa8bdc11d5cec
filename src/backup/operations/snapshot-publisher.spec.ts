import { describe, expect, it } from 'vitest';
import type { Catalog } from '../catalog/catalog.js';
import type { SnapshotRepository } from '../stores/snapshot.repository.js';
import { BackupConfig } from '../model/backup-config.js';
import { planOf } from '../model/plan.js';
import type { Trigger } from '../model/trigger.js';
import { ManualClock } from '../system/manual-clock.js';
import type { JobContext } from './job-run.js';
import type { OriginKey } from './origin-key.js';
import type { ResolvedOptions } from './resolved-options.js';
import { SnapshotPublisher, type CaptureContext } from './snapshot-publisher.js';

const BY_HAND: Trigger = { type: 'manual' };

/** A publisher over a catalog and a folder that know these ids. */
function publisherKnowing({ listed = [], inFolder = [] }: { listed?: string[]; inFolder?: string[] } = {}) {
  const catalog = { find: (id: string) => Promise.resolve(listed.includes(id) ? {} : null) };
  const repository = {
    isTaken: (id: string) => new Promise((resolve) => setImmediate(() => resolve(inFolder.includes(id)))),
    workspace: { documentPath: (filename: string) => filename },
  };
  const publisher = new SnapshotPublisher(
    catalog as unknown as Catalog,
    repository as unknown as SnapshotRepository,
    new ManualClock('2026-01-30T12:00:00.000Z'),
    {} as ResolvedOptions,
    {} as OriginKey,
  );
  const named = async (capture: CaptureContext) => (await publisher.name(capture, '.json')).id;
  return { publisher, named, listed, inFolder };
}

const capture = (plan: string, facts: Partial<CaptureContext> = {}): CaptureContext => ({
  job: {} as JobContext,
  plan: planOf({ name: plan }, new BackupConfig()),
  trigger: BY_HAND,
  description: null,
  progress: [0, 1],
  ...facts,
});

describe('the name of a snapshot', () => {
  it('is another one for each of the captures that begin in the same second', async () => {
    const { named } = publisherKnowing({
      listed: ['manual_backup_20260130_120000'],
      inFolder: ['manual_backup_20260130_120000_3'],
    });
    const ids = await Promise.all(['auto', 'media', 'other'].map((plan) => named(capture(plan))));
    expect(ids.sort()).toEqual([
      'manual_backup_20260130_120000_2',
      'manual_backup_20260130_120000_4',
      'manual_backup_20260130_120000_5',
    ]);
  });

  it('is another one for parts, too', async () => {
    const { named } = publisherKnowing();
    const part = (whole: string) => {
      const ofWhole = capture('both', { partOf: whole });
      return named({ ...ofWhole, plan: { ...ofWhole.plan, source: 'files' } });
    };
    expect((await Promise.all([part('a'), part('b')])).sort()).toEqual([
      'manual_backup_files_20260130_120000',
      'manual_backup_files_20260130_120000_2',
    ]);
  });

  it('is free again when its capture has ended without a snapshot', async () => {
    const { publisher, named, inFolder } = publisherKnowing();
    const [failing, published, later] = [capture('auto'), capture('media'), capture('other')];
    const first = await named(failing);
    inFolder.push(await named(published));
    publisher.release(failing);
    publisher.release(published);
    expect(await named(later)).toBe(first);
    expect(await named(later)).toBe(`${first}_3`);
  });
});
