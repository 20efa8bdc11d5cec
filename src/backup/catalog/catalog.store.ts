import { dirname } from 'node:path';
import type { LoggerService } from '@nestjs/common';
import type Database from 'better-sqlite3';
import type { DataSource } from 'typeorm';
import type { Destination } from '../destinations/destination.js';
import { asBackupError, BackupError } from '../model/errors.js';
import type { Job } from '../model/job.js';
import type { Clock } from '../system/clock.js';
import { diskSpace, hasRoom } from '../system/disk-space.js';
import type { AnnotationStore } from './annotation.store.js';
import { ArchiveTable } from './archive.table.js';
import {
  IN_MEMORY,
  isStorageFailure,
  openCatalogDatabase,
  openCatalogInMemory,
  type OpenedDatabase,
} from './catalog.connection.js';
import { contentOf, pathOf, rescue } from './catalog.file.js';
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
}

interface KeptTables extends CatalogTables {
  database: DataSource;
  connection: Database.Database;
  isOutdated: boolean;
}

export interface CatalogStoreOptions {
  url: string;
  destination: Destination;
  annotations: AnnotationStore;
  clock: Clock;
  logger: Pick<LoggerService, 'log' | 'warn' | 'error'>;
}

/** What a catalog does not know that its file or `annotations.json` knew; kept in the database itself, as its `user_version`. */
const VERIFICATIONS = 1;
const PINS = 2;

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
    const { url, destination, clock, logger } = this.options;
    try {
      // Two processes that make it at the same moment would each find the other's broken.
      const opened = await destination.exclusively(() => openCatalogDatabase(url, clock.now()));
      if (opened.setAside !== null) {
        logger.warn(
          `The catalog was broken and is rebuilt from the manifests; the job history starts anew. The old file: ${opened.setAside}`,
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

  /** Whether its rows lack what an earlier version did not read out of the manifests. */
  get isOutdated(): boolean {
    return this.kept.isOutdated;
  }

  /** Whether snapshots may count as sound here that were found damaged: what verifications found is in the catalog alone. */
  get verificationsLost(): boolean {
    return this.isMissing(VERIFICATIONS);
  }

  set verificationsLost(lost: boolean) {
    this.setMissing(VERIFICATIONS, lost);
  }

  /** Whether the rows were made without anybody knowing what is pinned. */
  get pinsUnread(): boolean {
    return this.isMissing(PINS);
  }

  set pinsUnread(unread: boolean) {
    this.setMissing(PINS, unread);
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
    return this.failure !== null && this.options.clock.elapsed() - this.triedAt >= RETRY_MS;
  }

  /** Goes back to the file, where that works again. Only while nobody, in any process, changes anything. */
  async returnToFile(): Promise<void> {
    if (this.failure === null) return;
    const { clock, logger, url } = this.options;
    this.triedAt = clock.elapsed();
    await this.closeLeft();
    let file: KeptTables | undefined;
    try {
      if (!hasRoom(await diskSpace(dirname(pathOf(url))), ROOM_BYTES)) return;
      file = this.tablesOf(await openCatalogDatabase(url, clock.now()));
      for (const job of this.unsaved.jobs.values()) await file.jobs.save(job);
      await file.reconciliation.run({ anew: file.isOutdated });
      for (const [id, { isValid, at }] of this.unsaved.verified) await file.snapshots.verified(id, isValid, at);
    } catch {
      await file?.database.destroy().catch(() => undefined);
      return;
    }
    this.leave(file);
    this.failure = null;
    this.unsaved.jobs.clear();
    this.unsaved.verified.clear();
    logger.log('The catalog is kept in its file again');
  }

  private isMissing(what: number): boolean {
    return (missingIn(this.kept) & what) !== 0;
  }

  private setMissing(what: number, missing: boolean): void {
    const before = missingIn(this.kept);
    const now = missing ? before | what : before & ~what;
    if (now === before) return;
    try {
      this.kept.connection.pragma(`user_version = ${now}`);
    } catch (error) {
      this.options.logger.warn(asBackupError(error).message); // it stays as it was, which is the careful side or is found out again
    }
  }

  private get kept(): KeptTables {
    if (this.current) return this.current;
    throw new Error('The catalog is not open.');
  }

  private leaveFile(error: unknown): Promise<void> {
    if (this.failure !== null || this.options.url === IN_MEMORY) throw error;
    this.moving ??= this.goOnInMemory(error, this.readable()).finally(() => {
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

  private async goOnInMemory(cause: unknown, content: Buffer | null): Promise<void> {
    const code = String((cause as { code?: unknown }).code);
    const said = cause instanceof BackupError ? cause.message : `The catalog of backups fails (${code}).`;
    const opened = await openCatalogInMemory(content);
    const known = opened.isNew
      ? 'rebuilt from the manifests, without the job history and the results of verifications'
      : 'with all that its file holds';
    this.failure = new BackupError(
      asBackupError(cause).code,
      `${said} It is kept in memory meanwhile, ${known}; what is added to it is lost when the program ends before its file works again.`,
      {},
      { cause },
    );
    this.options.logger.error(this.failure.message);
    const tables = this.tablesOf(opened);
    this.leave(tables);
    if (opened.isNew) await this.fill(tables);
  }

  /** Of what cannot be read now nothing is listed until the next reconciliation. */
  private async fill({ reconciliation }: CatalogTables): Promise<void> {
    try {
      await reconciliation.run();
    } catch (error) {
      this.options.logger.warn(asBackupError(error).message);
    }
  }

  private leave(next: KeptTables): void {
    if (this.current) this.left.push(this.current.database);
    this.current = next;
  }

  private async closeLeft(): Promise<void> {
    for (const database of this.left.splice(0)) await database.destroy().catch(() => undefined);
  }

  private tablesOf({ database, connection, isNew, isOutdated }: OpenedDatabase): KeptTables {
    const { destination, annotations, logger } = this.options;
    if (isNew) connection.pragma(`user_version = ${VERIFICATIONS | PINS}`);
    const snapshots = new SnapshotTable(database.manager);
    const figures = new SnapshotFigures(database.manager);
    const archives = new ArchiveTable(database.manager);
    const jobs = new JobHistory(database.manager);
    const reconciliation = new Reconciliation(destination, snapshots, archives, annotations, logger);
    return { database, connection, isOutdated, snapshots, figures, archives, jobs, reconciliation };
  }
}

const missingIn = ({ connection }: KeptTables): number => Number(connection.pragma('user_version', { simple: true }));
