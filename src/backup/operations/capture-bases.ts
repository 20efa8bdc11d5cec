import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { Catalog } from '../catalog/catalog.js';
import { Workspace } from '../stores/workspace.js';
import type { CaptureBase, CapturedDocument, CaptureRequest, DatabaseEngine } from '../engines/database.engine.js';
import { FilesEngine } from '../engines/files/files.engine.js';
import type { SnapshotEngine, StoredSnapshot } from '../engines/snapshot.engine.js';
import { SnapshotEngines } from '../engines/snapshot.engines.js';
import { asBackupError } from '../model/errors.js';
import {
  contentOf,
  type DatabaseManifest,
  type FilesManifest,
  type FullReason,
  type Manifest,
} from '../model/manifest.js';
import type { Plan } from '../model/plan.js';
import type { Snapshot } from '../model/snapshot.js';
import { utcDay } from '../model/snapshot-id.js';
import { ofDatabase, ofFiles, StoredSnapshots } from './stored-snapshots.js';

const DAY_MS = 86_400_000;
/** Below this a differential saves too little to make a restore need two files. */
const SMALL_BYTES = 250_000;
/** Damaged ones are passed over; more than a few full ones on one day are rare. */
const FULLS_LOOKED_AT = 20;

/** Knows what a capture can build on: the day's newest full snapshot, and the state of the database when the last snapshot was taken. */
@Injectable()
export class CaptureBases {
  /** Not kept over a restart: the first capture after one reads all tables, and no wrong memory can be believed. */
  private readonly last = new Map<string, { id: string; state: string; tables: DatabaseManifest['tables'] }>();

  constructor(
    private readonly catalog: Catalog,
    private readonly workspace: Workspace,
    private readonly snapshots: StoredSnapshots,
    private readonly engines: SnapshotEngines,
    private readonly files: FilesEngine,
  ) {}

  /** What a capture of files at this moment compares with. */
  async ofFiles(
    { name }: Plan,
    at: Date,
    wanted: 'full' | undefined,
  ): Promise<StoredSnapshot<FilesManifest> | FullReason> {
    if (wanted === 'full') return 'requested';
    const full = await this.newestFull(name, at, this.files);
    return typeof full === 'string' ? full : this.located(full, ofFiles);
  }

  /** What a capture of a database at this moment compares with. */
  async ofDatabase(
    { name, engine: engineName }: Plan,
    at: Date,
    wanted: 'full' | undefined,
  ): Promise<Pick<CaptureRequest, 'base' | 'previous'>> {
    const engine = this.engines.of({ source: 'database', engine: engineName });
    if (!engine.takesDifferentials) return { base: 'engine', previous: null };
    const base = wanted === 'full' ? 'requested' : await this.baseOf(name, at, engine);
    return { base, previous: typeof base === 'string' ? null : await this.previous(name, base) };
  }

  /** Remembers what was captured, for the next one. */
  remember({ name }: Plan, id: string, { state, tables }: Pick<CapturedDocument, 'state' | 'tables'>): void {
    if (state === null) this.last.delete(name);
    else this.last.set(name, { id, state, tables });
  }

  private async baseOf(plan: string, at: Date, engine: DatabaseEngine): Promise<CaptureBase | FullReason> {
    const full = await this.newestFull(plan, at, engine);
    if (typeof full === 'string') return full;
    const snapshot = await this.located(full, ofDatabase);
    if (typeof snapshot === 'string') return snapshot;
    if (contentOf(snapshot.manifest).bytes < SMALL_BYTES) return 'small_database';
    return { snapshot, indexPath: this.workspace.indexPath(full.id) };
  }

  /** The day's newest full one of a plan that this engine took; a damaged one is no base, and no reason to build on an older one. */
  private async newestFull(plan: string, at: Date, engine: SnapshotEngine<never>): Promise<Snapshot | FullReason> {
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
    const newest = items.find((snapshot) => this.engines.find(snapshot) === engine);
    if (!newest) return 'first_of_day';
    return newest.is_valid === false ? 'base_damaged' : newest;
  }

  private async located<S>(full: Snapshot, as: (stored: StoredSnapshot<Manifest>) => S): Promise<S | 'base_damaged'> {
    try {
      return as(await this.snapshots.locate(full));
    } catch (error) {
      if (asBackupError(error).code !== 'SNAPSHOT_CORRUPT') throw error;
      return 'base_damaged';
    }
  }

  private async previous(plan: string, base: CaptureBase): Promise<CaptureRequest['previous']> {
    const last = this.last.get(plan);
    const known = last && (await this.catalog.find(last.id));
    if (!known || known.is_valid === false || known.archive !== null) return null;
    if ((known.base ?? known.id) !== base.snapshot.manifest.id) return null;
    try {
      const snapshot = ofDatabase(await this.snapshots.locate(known));
      // Its digests become those of the next one, which then would be as wrong as a manifest that has rotted.
      return isDeepStrictEqual(snapshot.manifest.tables, last.tables) ? { snapshot, state: last.state } : null;
    } catch {
      return null; // it cannot be read, so it cannot be repeated; the capture reads the database instead
    }
  }
}
