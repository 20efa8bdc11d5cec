import { Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { Catalog } from '../catalog/catalog.js';
import { SnapshotEngines } from '../engines/snapshot.engines.js';
import type { CompareRequest, DatabaseEngine, RestorePreview } from '../engines/database.engine.js';
import type { StoredSnapshot } from '../engines/snapshot.engine.js';
import type { Comparison } from '../model/comparison.js';
import { BackupError } from '../model/errors.js';
import { DEFAULT_DATABASE } from '../model/plan.js';
import type { TaskRun } from '../system/child-task.js';
import { Clock } from '../system/clock.js';
import { ResolvedOptions } from './resolved-options.js';
import { assertTables } from './database.restorer.js';
import { ofDatabase, StoredSnapshots } from './stored-snapshots.js';
import { BoundedQueue } from './bounded-queue.js';

/** What to compare a snapshot with, to compare it with the live database. */
export const NOW = 'now';

/** A comparison reads whole databases: one at a time, and not many behind it. */
const MOST_WAITING = 4;

/**
 * Says what changed between a snapshot and another one, or the live database. The snapshot is the state before. Aborting `signal` ends a comparison at once, as
 * the time limit of jobs does.
 */
@Injectable()
export class CompareOperation {
  private readonly queue = new BoundedQueue(
    MOST_WAITING,
    'Too many comparisons are running and waiting. Try again when they are done.',
  );
  private readonly unfinished = new Set<AbortController>();

  constructor(
    private readonly catalog: Catalog,
    private readonly snapshots: StoredSnapshots,
    private readonly engines: SnapshotEngines,
    private readonly clock: Clock,
    private readonly options: ResolvedOptions,
  ) {}

  /**
   * Counts the rows of each table that were inserted, updated and deleted.
   * @param other id of the state after, or {@link NOW}
   * @throws BackupError `SNAPSHOT_NOT_FOUND`, `SNAPSHOT_CORRUPT`, `ARCHIVE_CORRUPT`, `UNSUPPORTED`, `NOT_COMPARABLE`, `BUSY`, `TIMED_OUT`, `CANCELLED`
   */
  compare(id: string, other: string, signal?: AbortSignal): Promise<Comparison> {
    return this.between(id, other, signal, (engine, states, run) => engine.compare(states, run));
  }

  /** One page of a table's changes, as JSON. @throws BackupError as {@link compare}, and `TABLE_NOT_FOUND`; all before the first byte */
  rows(
    id: string,
    other: string,
    page: { table: string; offset: number; limit: number },
    signal?: AbortSignal,
  ): Promise<Readable> {
    return this.between(id, other, signal, (engine, states, run) => engine.compareRows({ ...states, ...page }, run));
  }

  /**
   * What a restore would change in the live database, which is the state before here, and what stands in its way.
   * @param tables only these; null for all
   * @throws BackupError as {@link compare}, and `TABLE_NOT_FOUND`
   */
  async preview(id: string, tables: string[] | null, signal?: AbortSignal): Promise<RestorePreview> {
    assertTables(await this.catalog.get(id), tables ?? undefined);
    return this.inTurn(signal, (run) =>
      this.snapshots.read(id, async (stored) => {
        const snapshot = ofDatabase(stored);
        return this.engines.of(snapshot.manifest).previewRestore({ ...this.live(snapshot), snapshot, tables }, run);
      }),
    );
  }

  /** Ends the comparisons that run, since nobody can be told what comes of them. */
  close(): void {
    const reason = new BackupError('INTERRUPTED', 'The application is shutting down. Try again when it is back.');
    for (const stopping of this.unfinished) stopping.abort(reason);
  }

  private async between<T>(
    id: string,
    other: string,
    signal: AbortSignal | undefined,
    compare: (engine: DatabaseEngine, states: CompareRequest, run: TaskRun) => Promise<T>,
  ): Promise<T> {
    await this.catalog.get(id); // nobody has to wait to be told that it is unknown
    if (other !== NOW) await this.catalog.get(other);
    return this.inTurn(signal, (run) =>
      this.snapshots.read(id, async (stored) => {
        const before = ofDatabase(stored);
        const engine = this.engines.of(before.manifest);
        if (other === NOW) return compare(engine, { before: { snapshot: before }, after: this.live(before) }, run);
        return this.snapshots.read(other, async (storedToo) => {
          const after = ofDatabase(storedToo);
          assertComparable(before, after);
          return compare(engine, { before: { snapshot: before }, after: { snapshot: after } }, run);
        });
      }),
    );
  }

  private async inTurn<T>(left: AbortSignal | undefined, work: (run: TaskRun) => Promise<T>): Promise<T> {
    const stopping = new AbortController();
    const signal = left ? AbortSignal.any([left, stopping.signal]) : stopping.signal;
    this.unfinished.add(stopping);
    try {
      return await this.queue.run(() => this.withinTime(stopping, () => work({ signal })), signal);
    } finally {
      this.unfinished.delete(stopping);
    }
  }

  private async withinTime<T>(stopping: AbortController, work: () => Promise<T>): Promise<T> {
    const { jobTimeoutMs } = this.options;
    const cancelTimeout = this.clock.after(jobTimeoutMs, () => stopping.abort(timedOut(jobTimeoutMs / 60_000)));
    try {
      return await work();
    } finally {
      cancelTimeout();
    }
  }

  /** The database that the snapshot is of, as it is now. */
  private live({ manifest }: StoredSnapshot) {
    return { database: this.options.database(manifest.data_source), at: this.clock.now().toISOString() };
  }
}

/** Rows of different databases, or kept in different ways, would be compared to nonsense. */
function assertComparable(before: StoredSnapshot, after: StoredSnapshot): void {
  const describe = ({ manifest: { id, engine, data_source = DEFAULT_DATABASE } }: StoredSnapshot) =>
    ({ id, engine, database: data_source }) as const;
  const [a, b] = [describe(before), describe(after)];
  if (a.engine === b.engine && a.database === b.database) return;
  throw new BackupError(
    'NOT_COMPARABLE',
    `Snapshot "${a.id}" is of the database "${a.database}" (engine ${a.engine}), "${b.id}" of "${b.database}" (engine ${b.engine}). Choose two of the same database and engine.`,
  );
}

const timedOut = (minutes: number): BackupError =>
  new BackupError(
    'TIMED_OUT',
    `The comparison ran longer than ${minutes} minutes and was ended. If it needs more time, increase jobTimeoutMinutes.`,
  );
