import { Injectable } from '@nestjs/common';
import { Catalog, type IndexingProgress, type SnapshotTotals } from '../catalog/catalog.js';
import { indexingInWords } from '../catalog/still-indexing.js';
import { SnapshotRepository } from '../stores/snapshot.repository.js';
import type { BackupConfig } from '../model/backup-config.js';
import { aheadFrom } from '../model/dated-ahead.js';
import { judgePlan, worst, type HealthStatus, type Judgement } from '../model/health.js';
import { asBackupError, type BackupError } from '../model/errors.js';
import type { SourceKind } from '../model/manifest.js';
import type { Plan } from '../model/plan.js';
import type { Snapshot } from '../model/snapshot.js';
import { hasRoom, UNKNOWN_SPACE, type DiskSpace } from '../system/disk-space.js';
import { Clock } from '../system/clock.js';
import { CleanupOperation } from './cleanup.operation.js';
import { ConfigStore } from './config.store.js';
import { FirstRuns } from './first-runs.js';
import { Plans } from './plans.js';
import { DeletionGuard } from './deletion-guard.js';
import { ResolvedOptions } from './resolved-options.js';

/** How one plan is doing. Wire shape. */
export interface PlanHealth extends Judgement {
  plan: string;
  source: SourceKind;
  enabled: boolean;
  newest: Pick<Snapshot, 'id' | 'created_at' | 'size_bytes' | 'is_valid' | 'verified_at'> | null;
  snapshots: SnapshotTotals;
}

/** The wire shape of `GET /admin/database/backups/health`. */
export interface BackupHealth extends Judgement {
  checked_at: string;
  plans: PlanHealth[];
  /** How many snapshots are listed, of how many, while a part is missing; what is said of the others goes by those. Else null. */
  indexing: IndexingProgress | null;
  /** How many snapshots were found damaged when they were last verified. */
  damaged: number;
  storage: DiskSpace & { needed_bytes: number; used_bytes: number };
  configuration: BackupConfig;
}

/** Where the application that takes the backups is looked at from. */
export type Viewpoint = 'inside' | 'outside';

const WITHOUT_TRIGGERS =
  'This process takes no backups by itself, because its option "triggers" is false, or NODE_ENV is "test". Ask the instance that takes them, or set "triggers" to true.';

/** Whether backups are fine, and if not, why. */
@Injectable()
export class HealthQuery {
  constructor(
    private readonly catalog: Catalog,
    private readonly repository: SnapshotRepository,
    private readonly plans: Plans,
    private readonly config: ConfigStore,
    private readonly guard: DeletionGuard,
    private readonly firstRuns: FirstRuns,
    private readonly clock: Clock,
    private readonly options: ResolvedOptions,
    private readonly cleanup: CleanupOperation,
  ) {}

  /**
   * The whole is as bad as its worst part.
   * @param from `inside` the application; or `outside`, where nobody knows whether its timers are on, and a plan that no application has seen lacks its backup
   */
  async health(from: Viewpoint = 'inside'): Promise<BackupHealth> {
    if (this.catalog.unavailable) return this.whileOff(this.catalog.unavailable);
    const indexing = this.catalog.indexing();
    const plans = await this.ofPlans(this.plans.all(), from);
    const { storage, troubles } = await this.storage();
    const reasons = plans.flatMap(({ plan, reasons: why }) =>
      why.map((reason) => (plans.length === 1 ? reason : `Plan ${plan}: ${reason}`)),
    );
    const others: [HealthStatus, string][] = [...troubles];
    if (indexing)
      others.push(['caution', `${indexingInWords(indexing)}. Captures and clean-ups wait until all are indexed.`]);
    if (!hasRoom(storage, storage.needed_bytes))
      others.push(['critical', 'The disk is too full for another backup; free some space.']);
    if (!plans.some(({ enabled }) => enabled)) others.push(['warning', 'No backup is scheduled; enable a plan.']);
    else if (from === 'inside' && !this.options.triggers) others.push(['warning', WITHOUT_TRIGGERS]);
    others.push(...(await this.ofClock()));
    const { damaged, findings } = await this.ofDamaged(plans);
    others.push(...findings);
    return {
      status: worst([...plans.map(({ status }) => status), ...others.map(([status]) => status)]),
      reasons: [...others.map(([, reason]) => reason), ...reasons],
      checked_at: this.clock.now().toISOString(),
      plans,
      indexing,
      damaged,
      storage,
      configuration: this.config.get(),
    };
  }

  /** What can be said without the list of snapshots. */
  private async whileOff({ message }: BackupError): Promise<BackupHealth> {
    const reason = `Backups are off until the next start: ${message}`;
    const disk = await this.repository.diskSpace().catch(() => UNKNOWN_SPACE);
    return {
      status: 'critical',
      reasons: [reason],
      checked_at: this.clock.now().toISOString(),
      plans: this.plans.all().map(({ name, source, enabled }) => ({
        plan: name,
        source,
        enabled,
        ...(enabled ? { status: 'critical', reasons: [reason] } : { status: 'healthy', reasons: [] }),
        newest: null,
        snapshots: { count: 0, size_bytes: 0 },
      })),
      indexing: null,
      damaged: 0,
      storage: { ...disk, needed_bytes: this.options.minFreeBytes, used_bytes: 0 },
      configuration: this.config.get(),
    };
  }

  private async ofClock(): Promise<[HealthStatus, string][]> {
    const found: [HealthStatus, string][] = [];
    const from = aheadFrom(this.clock.now()).toISOString();
    const { items, total } = await this.catalog.page({ from, page: 1, page_size: 1 });
    if (items[0])
      found.push([
        'caution',
        `${total === 1 ? 'A snapshot is' : `${total} snapshots are`} dated in the future, such as ${items[0].id}: the clock is wrong, or was wrong when they were taken. ` +
          'If the clock is right now, delete them; until then they do not count towards any limit.',
      ]);
    const heldBack = await this.cleanup.heldBack();
    if (heldBack > 0)
      found.push([
        'caution',
        `The clock jumped ahead, so ${heldBack === 1 ? 'a snapshot' : `${heldBack} snapshots`} due for deletion ${heldBack === 1 ? 'was' : 'were'} kept. ` +
          'If the clock is right, run a clean-up that confirms it; if it is wrong, set it.',
      ]);
    return found;
  }

  /** Those that are the newest of a plan that runs are said by it. */
  private async ofDamaged(
    plans: readonly PlanHealth[],
  ): Promise<{ damaged: number; findings: [HealthStatus, string][] }> {
    const reported = new Set(
      plans.flatMap(({ enabled, newest }) => (enabled && newest?.is_valid === false ? [newest.id] : [])),
    );
    const { items, total: damaged } = await this.catalog.page({ valid: false, page: 1, page_size: reported.size + 1 });
    const example = items.find(({ id }) => !reported.has(id));
    if (!example) return { damaged, findings: [] };
    const others = damaged - items.filter(({ id }) => reported.has(id)).length;
    const found =
      others === 1
        ? `The snapshot ${example.id} was found damaged when it was last verified`
        : `${others} snapshots were found damaged when they were last verified, such as ${example.id}`;
    return { damaged, findings: [['caution', `${found}. Verify again, and delete those that are still damaged.`]] };
  }

  ofPlans(plans: readonly Plan[], from: Viewpoint = 'inside'): Promise<PlanHealth[]> {
    return Promise.all(plans.map((plan) => this.ofPlan(plan, from)));
  }

  private async ofPlan(plan: Plan, from: Viewpoint): Promise<PlanHealth> {
    const newest = await this.newest(plan);
    const newestDated = newest && (await this.newestDated(plan));
    const fault = newest && (await this.faultOf(newest));
    const job = await this.catalog.latestCaptureJob(plan.name);
    const lastRun = job && { status: job.status, message: job.error?.message ?? null };
    const { rhythm, enabled } = plan;
    const indexing = this.catalog.indexing() !== null;
    const firstDue = from === 'outside' ? await this.firstRuns.recordedDueOf(plan) : this.firstRuns.dueOf(plan);
    return {
      plan: plan.name,
      source: plan.source,
      enabled,
      ...judgePlan({ rhythm, enabled, indexing, newest, newestDated, fault, lastRun, firstDue }, this.clock.now()),
      newest: newest && {
        id: newest.id,
        created_at: newest.created_at,
        size_bytes: newest.size_bytes,
        is_valid: newest.is_valid,
        verified_at: newest.verified_at,
      },
      snapshots: await this.catalog.totalsOf(plan.name),
    };
  }

  /** Of its own files, of the base it builds on, of the parts it has. */
  private async faultOf(snapshot: Snapshot): Promise<string | null> {
    const own = await this.repository.faultOf(snapshot).catch((error: unknown) => asBackupError(error).message);
    if (own !== null) return own;
    const needed = [...(snapshot.base === null ? [] : [snapshot.base]), ...(await this.catalog.partsOf(snapshot.id))];
    for (const id of needed) {
      const fault = await this.faultOfNeeded(id);
      if (fault !== null) return `it needs ${id}, and ${fault}`;
    }
    return null;
  }

  private async faultOfNeeded(id: string): Promise<string | null> {
    const needed = await this.catalog.find(id);
    if (!needed) return 'it is missing';
    if (needed.is_valid === false) return 'that was found damaged when it was last verified';
    return this.faultOf(needed);
  }

  /** Not the single part that a failed snapshot of several leaves. */
  private newest({ name, source }: Plan): Promise<Snapshot | null> {
    return this.catalog.latest({ plan: name, source });
  }

  private async newestDated({ name, source }: Plan): Promise<Date | null> {
    const now = this.clock.now();
    const found = await this.catalog.latest({ plan: name, source, to: aheadFrom(now).toISOString() });
    return found && new Date(Math.min(Date.parse(found.created_at), now.getTime()));
  }

  /** The folder, and what lies beside the snapshots: whatever fails about it is a finding, never an error. */
  private async storage(): Promise<{ storage: BackupHealth['storage']; troubles: [HealthStatus, string][] }> {
    const troubles: string[] = [];
    const { inMemory } = await this.catalog.condition();
    const suspension = await this.guard.suspension();
    const folder = await this.repository.trouble();
    for (const trouble of [folder, inMemory, suspension]) if (trouble !== null) troubles.push(trouble);
    const disk = await this.repository.diskSpace().catch(() => UNKNOWN_SPACE);
    const stats = await this.catalog.stats();
    return {
      storage: {
        ...disk,
        needed_bytes: this.options.minFreeBytes,
        used_bytes: stats.regular.size_bytes + stats.archived.size_bytes,
      },
      troubles: troubles.map((trouble) => ['critical', trouble]),
    };
  }
}
