import { Injectable, Logger } from '@nestjs/common';
import { Catalog } from '../catalog/catalog.js';
import type { CleanupPlan } from './cleanup-plan.js';
import { ConfigStore } from './config.store.js';
import type { JobContext } from './job-run.js';
import { VerifyOperation } from './verify.operation.js';

/** Keeps snapshots from being deleted by rule while what the rules go by is not known: the settings, the pins, which snapshots are sound. */
@Injectable()
export class DeletionGuard {
  private readonly logger = new Logger('Backup');
  private announced = '';

  constructor(
    private readonly catalog: Catalog,
    private readonly config: ConfigStore,
    private readonly verifications: VerifyOperation,
  ) {}

  /** Why nothing may be deleted by rule now, in words; null when it may. */
  async suspension(): Promise<string | null> {
    return this.config.problem ?? (await this.catalog.condition()).pinsUnknown;
  }

  /** Takes out of a plan what must not be done while deletions are suspended; archiving loses nothing, but waits for the settings that say when. */
  async permitted(plan: CleanupPlan): Promise<CleanupPlan> {
    const suspension = await this.suspension();
    if (suspension === null) return plan;
    if (suspension !== this.announced && plan.expiredRegular.length + plan.expiredArchived.length > 0)
      this.logger.warn(`No snapshot is deleted by the retention rules: ${suspension}`);
    this.announced = suspension;
    return { ...plan, expiredRegular: [], expiredArchived: [], days: this.config.problem === null ? plan.days : [] };
  }

  /**
   * Where the results of verifications were lost, the newest snapshots that have to stay are verified before older ones go: a damaged one must not count as the good one
   * that the rules keep.
   */
  async proven(plan: () => Promise<CleanupPlan>, context: JobContext): Promise<CleanupPlan> {
    for (;;) {
      const now = await plan();
      if (now.expiredRegular.length + now.expiredArchived.length === 0) return now;
      if (!(await this.catalog.condition()).verificationsLost) return now;
      const unproven: string[] = [];
      for (const { id, reasons } of now.kept)
        if (reasons.includes('newest') && (await this.catalog.get(id)).is_valid === null) unproven.push(id);
      if (unproven.length === 0) this.catalog.verificationsRenewed();
      for (const id of unproven) await this.verifications.check(id, context);
    }
  }
}
