import { Injectable, Logger } from '@nestjs/common';
import { Catalog } from '../catalog/catalog.js';
import { Destination } from '../destinations/destination.js';
import type { Fence } from '../system/fence.js';
import { FilesRestorer } from './files.restorer.js';

/** Brings to an end what processes left half done that have ended. Only for who holds the lease: else somebody may be at it. */
@Injectable()
export class Leftovers {
  private readonly logger = new Logger('Backup');

  constructor(
    private readonly destination: Destination,
    private readonly catalog: Catalog,
    private readonly files: FilesRestorer,
  ) {}

  /** Before the catalog is opened, which would else report what is removed here. */
  async sweep(fence: Fence): Promise<void> {
    const swept = await fence.whileHeld(() => this.destination.sweepAbandoned());
    if (swept.length > 0) this.logger.warn(`Removed what an earlier run left unfinished: ${swept.join(', ')}`);
  }

  /** Jobs that nobody runs any more, and restores of files that stopped half-way. */
  async settle(fence: Fence): Promise<void> {
    await this.catalog.endInterruptedJobs();
    await this.files.recover(fence);
  }
}
