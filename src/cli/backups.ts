import type {
  CaptureOperation,
  Catalog,
  CleanupOperation,
  CompareOperation,
  ConfigStore,
  DatabaseTarget,
  ExtractOperation,
  ForeignFolder,
  HealthQuery,
  JobQueue,
  BackupScheduler,
  Plans,
  RestoreOperation,
  RestoreTargets,
  SourcesQuery,
  StatsQuery,
  StoredSnapshots,
  VerifyOperation,
} from '../backup/internals.js';

/** The opened backups, as commands use them. Its types alone are imported, so that a command which needs none of it starts at once. */
export interface Backups {
  /** Absolute. */
  readonly directory: string;
  readonly readOnly: boolean;
  readonly catalog: Catalog;
  readonly snapshots: StoredSnapshots;
  readonly queue: JobQueue;
  readonly plans: Plans;
  readonly config: ConfigStore;
  readonly captures: CaptureOperation;
  readonly restores: RestoreOperation;
  readonly restoreTargets: RestoreTargets;
  readonly verifications: VerifyOperation;
  readonly extracts: ExtractOperation;
  readonly comparisons: CompareOperation;
  readonly cleanup: CleanupOperation;
  readonly sources: SourcesQuery;
  readonly stats: StatsQuery;
  readonly health: HealthQuery;
  readonly scheduler: BackupScheduler;
  /** Snapshots that no catalog knows. */
  openForeign(path: string): Promise<ForeignFolder>;
  /** @param option what named the address, for the error */
  databaseTarget(address: string, option: string): DatabaseTarget;
  close(): Promise<void>;
}
