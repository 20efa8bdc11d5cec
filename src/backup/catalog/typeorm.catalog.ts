import { Logger, type LoggerService } from '@nestjs/common';
import type { ArchiveFile } from '../stores/found-snapshot.js';
import type { SnapshotRepository } from '../stores/snapshot.repository.js';
import { asBackupError, type BackupError } from '../model/errors.js';
import type { Job } from '../model/job.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Clock } from '../system/clock.js';
import { Serial } from '../system/serial.js';
import { AnnotationStore } from './annotation.store.js';
import type { Annotation, CatalogCondition } from './catalog.js';
import { CatalogStore, type CatalogTables } from './catalog.store.js';
import { Indexer } from './indexer.js';
import { ReadCatalog } from './read-catalog.js';
import type { SnapshotTable } from './snapshot.table.js';

export interface TypeOrmCatalogOptions {
  /** `sqlite:<path>` */
  url: string;
  repository: SnapshotRepository;
  clock: Clock;
  logger?: Pick<LoggerService, 'log' | 'warn' | 'error'>;
  /** Why it cannot be opened, wherever it is kept. @default null */
  unavailable?: BackupError | null;
}

/**
 * The catalog in a small database of its own, which several processes may use. Reading goes straight there; whatever changes snapshots goes one after the
 * other, so that a reconciliation never brings back what is being removed beside it.
 */
export class TypeOrmCatalog extends ReadCatalog {
  private readonly changes = new Serial();
  /** Beside the other: the progress of a job does not wait for a reconciliation. */
  private readonly jobChanges = new Serial();
  override readonly unavailable: BackupError | null;
  protected readonly annotations: AnnotationStore;
  protected readonly store: CatalogStore;
  protected readonly indexer: Indexer;
  private readonly logger: Pick<LoggerService, 'log' | 'warn' | 'error'>;

  constructor(protected readonly options: TypeOrmCatalogOptions) {
    super();
    const { url, repository, clock } = options;
    this.logger = options.logger ?? new Logger('BackupCatalog');
    this.unavailable = options.unavailable ?? null;
    this.annotations = new AnnotationStore(repository);
    const { annotations, logger, unavailable } = this;
    const onLost = () => this.indexer.beginAnew();
    this.store = new CatalogStore({ url, repository, clock, annotations, logger, onLost, unavailable });
    const alone = <T>(work: () => Promise<T>) => this.alone(work);
    this.indexer = new Indexer({ store: this.store, alone, elapsed: () => clock.elapsed(), logger });
  }

  override async open(): Promise<void> {
    const now = this.options.clock.now();
    await this.store.open();
    await this.store.use(async ({ jobs }) => {
      await jobs.failInterrupted(now, { own: 'ended' });
      await jobs.deleteOld();
    });
    await this.indexer.begin();
  }

  override async close(): Promise<void> {
    await this.indexer.close();
    await this.changes.run(() => this.jobChanges.run(() => this.store.close()));
  }

  override async condition(): Promise<CatalogCondition> {
    return {
      inMemory: this.store.trouble,
      pinsUnknown: (await this.annotations.read()).problem,
      pinsRemembered: !this.store.gaps.pinsUnread,
      verificationsLost: this.store.gaps.verificationsLost,
    };
  }

  override async tryAgain(): Promise<void> {
    this.indexer.retry();
    if (!this.store.mayReturn) return;
    await this.store.returnToFile(
      (file) => this.indexer.fill((step) => step(file), file.gaps.rowsOutdated),
      (work) => this.alone(() => this.jobChanges.run(work)),
    );
  }

  override verificationsRenewed(): void {
    this.store.gaps.verificationsLost = false;
  }

  override reconcile(): Promise<void> {
    return this.indexer.run();
  }

  override async rebuild(): Promise<void> {
    await this.indexer.run({ anew: true });
    await this.indexer.findBroken();
  }

  override addSnapshot(snapshot: Snapshot): Promise<void> {
    return this.changes.run(() => this.store.use(({ snapshots }) => snapshots.add(snapshot)));
  }

  override removeSnapshots(ids: readonly string[]): Promise<void> {
    return this.changes.run(() => this.store.use(({ snapshots }) => this.forget(ids, snapshots)));
  }

  override setArchive(archive: ArchiveFile, ids: readonly string[]): Promise<void> {
    const step = async ({ snapshots, archives }: CatalogTables) => {
      await archives.saveUnread(archive);
      const staying = new Set(ids);
      const moved = await snapshots.moveTo(archive.filename, [...staying]);
      const gone = (await snapshots.idsIn(archive.filename)).filter((id) => !staying.has(id));
      await this.forget(gone, snapshots);
      if (ids.length === 0) await archives.remove(archive.filename);
      else if (moved === staying.size) await archives.save(archive); // else one is not known here yet: the archive is to be read
    };
    return this.changes.run(() => this.store.use(step));
  }

  override annotate(id: string, annotation: Annotation): Promise<Snapshot> {
    return this.alone(async () => {
      await this.get(id);
      const stored = await this.annotations.change(id, annotation);
      await this.store.use(({ snapshots }) => snapshots.annotate(new Map([[id, stored]]), [id]));
      return this.get(id);
    });
  }

  override recordVerification(id: string, isValid: boolean, at: Date): Promise<void> {
    return this.changes.run(() => this.store.saveVerification(id, isValid, at));
  }

  override saveJob(job: Job): Promise<void> {
    return this.jobChanges.run(() => this.store.saveJob(job));
  }

  override endInterruptedJobs(): Promise<void> {
    const step = async ({ jobs }: CatalogTables) => {
      await jobs.failInterrupted(this.options.clock.now(), { own: 'alive' });
    };
    return this.jobChanges.run(() => this.store.use(step));
  }

  /** Neither beside other changes of this process nor beside those of another one; in this order, which is that of whoever publishes or removes. */
  private alone<T>(work: () => Promise<T>): Promise<T> {
    return this.options.repository.workspace.exclusively(() => this.changes.run(work));
  }

  /** The one place where annotations go: a snapshot that merely cannot be found for now keeps its pin. */
  private async forget(ids: readonly string[], snapshots: SnapshotTable): Promise<void> {
    if (ids.length === 0) return;
    await snapshots.remove(ids);
    await this.annotations.drop(ids).catch((error: unknown) => {
      this.logger.warn(
        `Could not remove the entries of deleted snapshots from annotations.json: ${asBackupError(error).message}`,
      );
    });
  }
}
