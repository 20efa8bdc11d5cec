import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { Catalog } from '../catalog/catalog.js';
import { Destination } from '../destinations/destination.js';
import { EngineHost } from '../engines/engine-host.js';
import { CompareOperation } from '../operations/compare.operation.js';
import { ConfigStore } from '../operations/config.store.js';
import { FilesRestorer } from '../operations/files.restorer.js';
import { EmptyStart } from '../operations/empty-start.js';
import { JobQueue } from '../operations/job.queue.js';
import { ResolvedOptions } from '../operations/resolved-options.js';
import { BackupScheduler } from './backup.scheduler.js';

/** What happens in which order when the application starts and stops. */
@Injectable()
export class BackupLifecycle
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly logger = new Logger('Backup');

  constructor(
    private readonly config: ConfigStore,
    private readonly destination: Destination,
    private readonly catalog: Catalog,
    private readonly filesRestorer: FilesRestorer,
    private readonly emptyStart: EmptyStart,
    private readonly scheduler: BackupScheduler,
    private readonly queue: JobQueue,
    private readonly comparing: CompareOperation,
    private readonly host: EngineHost,
    private readonly options: ResolvedOptions,
  ) {}

  /** A wrong setting or a folder that cannot be written stops the start here, rather than the first backup at night. */
  async onModuleInit(): Promise<void> {
    await this.config.load();
    const swept = await this.destination.prepare();
    if (swept.length > 0) this.logger.warn(`Removed what an earlier run left unfinished: ${swept.join(', ')}`);
    await this.catalog.open();
    if (this.options.readOnly) return;
    await this.filesRestorer.recover();
    await this.emptyStart.run(); // before anybody adds a first row
  }

  async onApplicationBootstrap(): Promise<void> {
    this.host.prepare();
    await this.scheduler.start();
  }

  /** Before the HTTP server closes, since that waits for clients who are waiting for a job. */
  async beforeApplicationShutdown(): Promise<void> {
    this.scheduler.stop();
    this.comparing.close();
    await this.queue.close();
    await this.scheduler.settled();
  }

  async onApplicationShutdown(): Promise<void> {
    this.host.close();
    await this.catalog.close();
  }
}
