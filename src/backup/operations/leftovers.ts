import { Injectable, Logger } from '@nestjs/common';
import { Catalog } from '../catalog/catalog.js';
import { Workspace } from '../stores/workspace.js';
import { asBackupError } from '../model/errors.js';
import type { Fence } from '../system/fence.js';
import type { HeldLease } from '../system/held-lease.js';
import { FilesRestorer } from './files.restorer.js';

/** Brings to an end what processes left half done that have ended. Only for who holds the lease: else somebody may be at it. */
@Injectable()
export class Leftovers {
  private readonly logger = new Logger('Backup');
  /** What was there at the start: nobody of this process has cleared it away yet. */
  private isDue = true;

  constructor(
    private readonly workspace: Workspace,
    private readonly catalog: Catalog,
    private readonly files: FilesRestorer,
  ) {}

  /** Before anybody works who has just got the lease: what the last holder left, who did not give it back; and once, what was there at the start. */
  async clearAway({ fence, tookOver }: HeldLease): Promise<void> {
    const { isDue } = this;
    if (isDue) await this.orLater(this.sweep(fence));
    if (tookOver) await this.settle(fence);
    else if (isDue) await this.orLater(this.settle(fence));
  }

  /** Before the catalog is opened, which would else report what is removed here. */
  async sweep(fence: Fence): Promise<void> {
    this.isDue = false;
    const swept = await fence.whileHeld(() => this.workspace.sweepAbandoned());
    if (swept.length > 0) this.logger.warn(`Removed what an earlier run left unfinished: ${swept.join(', ')}`);
  }

  /** Jobs that nobody runs any more, and restores of files that stopped half-way. */
  async settle(fence: Fence): Promise<void> {
    await this.catalog.endInterruptedJobs();
    await this.files.recover(fence);
  }

  /** Nobody is kept from working by it. */
  private async orLater(step: Promise<void>): Promise<void> {
    await step.catch((error: unknown) =>
      this.logger.warn(`Could not clean up after earlier runs: ${asBackupError(error).message}`),
    );
  }
}
