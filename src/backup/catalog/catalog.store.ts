import { dirname } from 'node:path';
import type { LoggerService } from '@nestjs/common';
import type Database from 'better-sqlite3';
import type { DataSource } from 'typeorm';
import type { SnapshotRepository } from '../stores/snapshot.repository.js';
import { asBackupError, BackupError } from '../model/errors.js';
import type { Job } from '../model/job.js';
import type { Clock } from '../system/clock.js';
import { diskSpace, hasRoom } from '../system/disk-space.js';
import type { AnnotationStore } from './annotation.store.js';
import { ArchiveTable } from './archive.table.js';
import { CatalogGaps } from './catalog.gaps.js';
import {
  IN_MEMORY,
  isStorageFailure,
  openCatalogDatabase,
  openCatalogInMemory,
  type OpenedDatabase,
} from './catalog.connection.js';
import { contentOf, pathOf, rescue } from './catalog.file.js';
import { Intake } from './intake.js';
import { JobHistory } from './job.history.js';
import { Reconciliation } from './reconciliation.js';
import { SnapshotFigures } from './snapshot.figures.js';
import { SnapshotTable } from './snapshot.table.js';

/** What the catalog consists of, wherever it is kept. */
export interface CatalogTables {
  snapshots: SnapshotTable;
  figures: SnapshotFigures;
  archives: ArchiveTable;
  jobs: JobHistory;
  reconciliation: Reconciliation;
  gaps: CatalogGaps;
}

interface KeptTables extends CatalogTables {
  database: DataSource;
  connection: Database.Database;
}

export interface CatalogStoreOptions {
  url: string;
  repository: SnapshotRepository;
  annotations: AnnotationStore;
  clock: Clock;
  logger: Pick<LoggerService, 'log' | 'warn' | 'error'>;
  /** Told when nothing could be saved of a file that fails, so that the catalog begins empty. */
  onLost: () => void;
  /** Thrown by whatever is asked of it: it is never opened. */
  unavailable: BackupError | null;
}

/** How often it is tried whether the file works again. */
const RETRY_MS = 30_000;
/** With less room on its disk the file would soon fail again. */
const ROOM_BYTES = 1024 * 1024;

/**
 * Where the catalog is kept: in its file, or, while that cannot be read or written, in memory, with all that could be read of the file. A full or failing disk then
 * takes nothing away but what was written in memory and is not yet in the file when the program ends: job history, and results of verifications.
 */
export class CatalogStore {
  private current: KeptTables | undefined;
  /** Why it is in memory although it has a file. */
  private failure: BackupError | null = null;
  private moving: Promise<void> | null = null;
  private isReturning = false;
  private triedAt = 0;
  /** Closed later: somebody may be in the middle of reading. */
  private readonly left: DataSource[] = [];
  private readonly unsaved = {
    jobs: new Map<string, Job>(),
    verified: new Map<string, { isValid: boolean; at: Date }>(),
  };

  constructor(private readonly options: CatalogStoreOptions) {}

  /** @throws BackupError `CONFIG_INVALID`; what else keeps the file from being used becomes {@link trouble} */
  async open(): Promise<void> {
    const { url, repository, clock, logger, unavailable } = this.options;
    if (unavailable) throw unavailable;
    try {
      // Two processes that make it at the same moment would each find the other's broken.
      const opened = await repository.workspace.exclusively(() => openCatalogDatabase(url, clock.now()));
      if (opened.setAside !== null) {
        logger.warn(
          `The catalog was damaged and is being rebuilt from the manifests; the job history starts empty. The damaged file: ${opened.setAside}`,
        );
      }
      this.current = this.tablesOf(opened);
    } catch (error) {
      if (url === IN_MEMORY || asBackupError(error).code === 'CONFIG_INVALID') throw error;
      this.triedAt = clock.elapsed();
      await this.goOnInMemory(error, await rescue(pathOf(url)));
    }
  }

  async close(): Promise<void> {
    const { current } = this;
    this.current = undefined;
    await current?.database.destroy();
    await this.closeLeft();
  }

  /** Why the catalog is in memory rather than in its file; null where it is in its file, or has none. */
  get trouble(): string | null {
    return this.failure?.message ?? null;
  }

  /** What is not known of what the rows should say. */
  get gaps(): CatalogGaps {
    return this.kept.gaps;
  }

  /** Reads or writes. Where the file fails, the step is repeated in memory. */
  async use<T>(step: (tables: CatalogTables) => Promise<T>): Promise<T> {
    const { kept } = this;
    try {
      return await step(kept);
    } catch (error) {
      if (!isStorageFailure(error)) throw error;
      if (kept === this.current) await this.leaveFile(error);
      return step(this.kept);
    }
  }

  async saveJob(job: Job): Promise<void> {
    await this.use(({ jobs }) => jobs.save(job));
    if (this.failure) this.unsaved.jobs.set(job.id, job);
  }

  async saveVerification(id: string, isValid: boolean, at: Date): Promise<void> {
    await this.use(({ snapshots }) => snapshots.verified(id, isValid, at));
    if (this.failure) this.unsaved.verified.set(id, { isValid, at });
  }

  /** Whether it is time to try the file again. */
  get mayReturn(): boolean {
    return this.failure !== null && !this.isReturning && this.options.clock.elapsed() - this.triedAt >= RETRY_MS;
  }

  /**
   * Goes back to the file, where that works again.
   * @param fill lists there what is missing, however long that takes
   * @param alone keeps everybody, in any process, from changing anything meanwhile
   */
  async returnToFile(
    fill: (file: CatalogTables) => Promise<void>,
    alone: (work: () => Promise<void>) => Promise<void>,
  ): Promise<void> {
    const { clock, url } = this.options;
    this.triedAt = clock.elapsed();
    this.isReturning = true;
    let file: KeptTables | undefined;
    try {
      await this.closeLeft();
      if (!hasRoom(await diskSpace(dirname(pathOf(url))), ROOM_BYTES)) return;
      const opened = (file = this.tablesOf(await openCatalogDatabase(url, clock.now())));
      await fill(opened);
      await alone(() => this.goOnIn(opened));
    } catch {
      await file?.database.destroy().catch(() => undefined);
    } finally {
      this.isReturning = false;
    }
  }

  /** With what was added in memory. */
  private async goOnIn(file: KeptTables): Promise<void> {
    for (const job of this.unsaved.jobs.values()) await file.jobs.save(job);
    await file.reconciliation.run();
    for (const [id, { isValid, at }] of this.unsaved.verified) await file.snapshots.verified(id, isValid, at);
    this.leave(file);
    this.failure = null;
    this.unsaved.jobs.clear();
    this.unsaved.verified.clear();
    this.options.logger.log('The catalog is stored in its file again');
  }

  private get kept(): KeptTables {
    if (this.current) return this.current;
    throw this.options.unavailable ?? new Error('The catalog is not open.');
  }

  private leaveFile(error: unknown): Promise<void> {
    if (this.failure !== null || this.options.url === IN_MEMORY) throw error;
    this.moving ??= this.goOnInMemory(error, this.readable())
      .then((isEmpty) => {
        if (isEmpty) this.options.onLost();
      })
      .finally(() => {
        this.moving = null;
      });
    return this.moving;
  }

  private readable(): Buffer | null {
    try {
      return contentOf(this.kept.connection);
    } catch {
      return null;
    }
  }

  /** @returns whether nothing is known there yet */
  private async goOnInMemory(cause: unknown, content: Buffer | null): Promise<boolean> {
    const code = String((cause as { code?: unknown }).code);
    const problem = cause instanceof BackupError ? cause.message : `Cannot read or write the backup catalog (${code}).`;
    const opened = await openCatalogInMemory(content);
    const known = opened.isNew
      ? 'rebuilt from the manifests, without the job history and the results of verifications'
      : 'with everything in its file';
    this.failure = new BackupError(
      asBackupError(cause).code,
      `${problem} Until its file works again it is kept in memory, ${known}; if the program ends before that, new entries are lost.`,
      {},
      { cause },
    );
    this.options.logger.error(this.failure.message);
    this.leave(this.tablesOf(opened));
    return opened.isNew;
  }

  private leave(next: KeptTables): void {
    if (this.current) this.left.push(this.current.database);
    this.current = next;
  }

  private async closeLeft(): Promise<void> {
    for (const database of this.left.splice(0)) await database.destroy().catch(() => undefined);
  }

  private tablesOf({ database, connection, isNew, isOutdated }: OpenedDatabase): KeptTables {
    const { repository, annotations, logger } = this.options;
    const gaps = new CatalogGaps(connection, logger);
    if (isNew) gaps.verificationsLost = gaps.pinsUnread = true;
    if (isOutdated) gaps.rowsOutdated = true;
    const snapshots = new SnapshotTable(database.manager);
    const figures = new SnapshotFigures(database.manager);
    const archives = new ArchiveTable(database.manager);
    const jobs = new JobHistory(database.manager);
    const intake = new Intake(repository, snapshots, archives, logger);
    const reconciliation = new Reconciliation(repository, snapshots, archives, annotations, intake);
    return { database, connection, gaps, snapshots, figures, archives, jobs, reconciliation };
  }
}
