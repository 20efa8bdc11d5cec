import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { Catalog } from '../catalog/catalog.js';
import { Destination } from '../destinations/destination.js';
import type { CaptureBase, CapturedDocument, CaptureRequest } from '../engines/snapshot.engine.js';
import { asBackupError } from '../model/errors.js';
import type { FullReason, Manifest } from '../model/manifest.js';
import type { Snapshot } from '../model/snapshot.js';
import { utcDay } from '../model/snapshot-id.js';
import { StoredSnapshots } from './stored-snapshots.js';

const DAY_MS = 86_400_000;
/** Below this a differential saves too little to make a restore need two files. */
const SMALL_BYTES = 256 * 1024;
/** Damaged ones are passed over; more than a few full ones on one day are rare. */
const FULLS_LOOKED_AT = 20;

/** Knows what a capture can build on: the day's newest full snapshot, and the state of the database when the last snapshot was taken. */
@Injectable()
export class CaptureBases {
  /** Not kept over a restart: the first capture after one reads all tables, and no wrong memory can be believed. */
  private last: { id: string; state: string; tables: Manifest['tables'] } | null = null;

  constructor(
    private readonly catalog: Catalog,
    private readonly destination: Destination,
    private readonly snapshots: StoredSnapshots,
  ) {}

  /** What to compare with, for a capture at this moment. */
  async choose(plan: string, at: Date, wanted: 'full' | undefined): Promise<Pick<CaptureRequest, 'base' | 'previous'>> {
    const base = wanted === 'full' ? 'requested' : await this.baseOf(plan, at);
    return { base, previous: typeof base === 'string' ? null : await this.previous(base) };
  }

  /** Remembers what was captured, for the next one. */
  remember(id: string, { state, tables }: Pick<CapturedDocument, 'state' | 'tables'>): void {
    this.last = state === null ? null : { id, state, tables };
  }

  private async baseOf(plan: string, at: Date): Promise<CaptureBase | FullReason> {
    const from = `${utcDay(at)}T00:00:00.000Z`;
    const to = new Date(Date.parse(from) + DAY_MS).toISOString();
    const { items } = await this.catalog.page({
      kind: 'full',
      plan,
      location: 'regular',
      from,
      to,
      page: 1,
      page_size: FULLS_LOOKED_AT,
    });
    const newest = items[0];
    if (!newest) return 'first_of_day';
    if (newest.size_bytes < SMALL_BYTES) return 'small_database';
    const sound = items.find(({ is_valid }) => is_valid !== false);
    return sound === newest ? this.asBase(sound) : 'base_damaged';
  }

  private async asBase(full: Snapshot): Promise<CaptureBase | FullReason> {
    try {
      return { snapshot: await this.snapshots.locate(full), indexPath: this.destination.indexPath(full.id) };
    } catch (error) {
      if (asBackupError(error).code !== 'SNAPSHOT_CORRUPT') throw error;
      return 'base_damaged';
    }
  }

  private async previous(base: CaptureBase): Promise<CaptureRequest['previous']> {
    const { last } = this;
    const known = last && (await this.catalog.find(last.id));
    if (!known || known.is_valid === false || known.archive !== null) return null;
    if ((known.base ?? known.id) !== base.snapshot.manifest.id) return null;
    try {
      const snapshot = await this.snapshots.locate(known);
      // Its digests become those of the next one, which then would be as wrong as a manifest that has rotted.
      return isDeepStrictEqual(snapshot.manifest.tables, last.tables) ? { snapshot, state: last.state } : null;
    } catch {
      return null; // it cannot be read, so it cannot be repeated; the capture reads the database instead
    }
  }
}
