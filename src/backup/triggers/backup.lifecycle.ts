import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { Catalog } from '../catalog/catalog.js';
import { SnapshotRepository } from '../stores/snapshot.repository.js';
import { EngineHost } from '../engines/engine-host.js';
import { asBackupError } from '../model/errors.js';
import { ClockWatch } from '../operations/clock-watch.js';
import { CompareOperation } from '../operations/compare.operation.js';
import { ConfigStore } from '../operations/config.store.js';
import { RestoreOnEmpty } from '../operations/restore-on-empty.js';
import { JobQueue } from '../operations/job.queue.js';
import { Leftovers } from '../operations/leftovers.js';
import { LOOK_MS, MaintenanceMode } from '../operations/maintenance.js';
import { ResolvedOptions } from '../operations/resolved-options.js';
import type { HeldLease } from '../system/held-lease.js';
import { Lease } from '../system/lease.js';
import { SharedLease } from '../system/shared-lease.js';
import { onShortcoming } from '../system/shortcomings.js';
import { BackupScheduler } from './backup.scheduler.js';

const START = { purpose: 'start' };

/** What happens in which order when the application starts and stops. */
@Injectable()
export class BackupLifecycle
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly logger = new Logger('Backup');
  private readonly ending = new AbortController();
  private tidyingUp: Promise<void> = Promise.resolve();
  private looking: NodeJS.Timeout | undefined;
  private trouble = '';
  private isPrepared = false;
  private endListening: () => void = () => undefined;

  constructor(
    private readonly config: ConfigStore,
    private readonly repository: SnapshotRepository,
    private readonly catalog: Catalog,
    private readonly leftovers: Leftovers,
    private readonly lease: Lease,
    private readonly sharedLease: SharedLease,
    private readonly restoreOnEmpty: RestoreOnEmpty,
    private readonly scheduler: BackupScheduler,
    private readonly queue: JobQueue,
    private readonly maintenance: MaintenanceMode,
    private readonly comparing: CompareOperation,
    private readonly host: EngineHost,
    private readonly options: ResolvedOptions,
    private readonly clockWatch: ClockWatch,
  ) {}

  /** Whatever is wrong with the disk of the backups, or with the driver of the catalog, is logged, and makes health critical; it keeps no application from starting. */
  async onModuleInit(): Promise<void> {
    this.endListening = onShortcoming(({ message }) => this.logger.warn(message));
    await this.config.load();
    if (this.catalog.unavailable) {
      this.logger.error(`Backups are off until the next start: ${this.catalog.unavailable.message}`);
      return;
    }
    await this.prepare();
    if (this.options.readOnly) return this.catalog.open();
    const held = await this.takeLease();
    if (held) await this.orGoOn('Could not clean up after earlier runs', this.leftovers.sweep(held.fence));
    await this.catalog.open();
    if (held) {
      await this.orGoOn('Could not clean up after earlier runs', this.leftovers.settle(held.fence));
      await this.orGoOn(
        'Could not release the lease on the backup folder; the next job waits until it expires',
        held.release(),
      );
    } else this.tidyUpLater();
    await this.restoreOnEmpty.run(); // before anybody adds a first row
    await this.orGoOn('Could not check the clock', this.clockWatch.look());
    this.clockWatch.start();
    await this.lookAround();
    this.looking = setInterval(() => void this.lookAround(), LOOK_MS).unref();
  }

  /** Null while another process is at work, or where the disk does not let this one say that it is. */
  private async takeLease(): Promise<HeldLease | null> {
    const held = await this.orGoOn('Could not clean up after earlier runs', this.lease.tryAcquire(START));
    held?.keep(() => undefined);
    return held;
  }

  /** A folder that is only read, by the command line, is there or is not: nobody waits for it. */
  private async prepare(): Promise<void> {
    if (this.options.readOnly) return this.repository.prepare();
    try {
      await this.repository.prepare();
      this.isPrepared = true;
    } catch (error) {
      this.logger.error(`Cannot take backups: ${asBackupError(error).message}`);
    }
  }

  /** A folder that was not there at the start, such as a disk that is mounted late. */
  private async prepareAgain(): Promise<void> {
    if (this.isPrepared || (await this.isStillUnusable())) return;
    this.isPrepared = true;
    this.logger.log('The backup folder can be used again');
    await this.catalog.reconcile();
  }

  private isStillUnusable(): Promise<boolean> {
    return this.repository.prepare().then(
      () => false,
      () => true,
    );
  }

  private async orGoOn<T>(meaning: string, step: Promise<T>): Promise<T | null> {
    try {
      return await step;
    } catch (error) {
      this.logger.warn(`${meaning}: ${asBackupError(error).message}`);
      return null;
    }
  }

  /** What other processes changed or are at, and what failed and may work again: in real time, whatever clock the backups have. */
  private async lookAround(): Promise<void> {
    try {
      await Promise.all([this.maintenance.look(), this.config.refresh(), this.prepareAgain(), this.catalog.tryAgain()]);
    } catch (error) {
      const { message } = asBackupError(error);
      if (message !== this.trouble) this.logger.warn(`Could not check what other processes are doing: ${message}`);
      this.trouble = message;
    }
  }

  /** When the other process has done its work: by whoever of this process has the lease first, or for its own sake. */
  private tidyUpLater(): void {
    const waiting = { signal: this.ending.signal, patienceMs: this.options.jobTimeoutMs };
    const tidyUp = async () => {
      const share = await this.sharedLease.enter(START, waiting);
      await share.ready.finally(() => share.leave());
    };
    this.tidyingUp = tidyUp().catch((error: unknown) => {
      if (!this.ending.signal.aborted)
        this.logger.warn(`Could not clean up after earlier runs: ${asBackupError(error).message}`);
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.catalog.unavailable) return;
    this.host.prepare();
    await this.scheduler.start();
  }

  /** Before the HTTP server closes, since that waits for clients who are waiting for a job. */
  async beforeApplicationShutdown(): Promise<void> {
    this.ending.abort();
    clearInterval(this.looking);
    this.clockWatch.stop();
    this.endListening();
    this.scheduler.stop();
    this.comparing.close();
    await this.queue.close();
    await this.scheduler.settled();
    await this.tidyingUp;
  }

  async onApplicationShutdown(): Promise<void> {
    this.host.close();
    this.maintenance.close();
    await this.catalog.close();
    await this.repository.store.close();
  }
}
