/** The public API. `nestjs-backup/cli` has the command line. */
export { BackupModule } from './backup.module.js';
export type { BackupModuleExtras } from './backup.module-definition.js';
export type { BackupModuleOptions } from './backup.options.js';
export type { BackupDatabase, BackupDatabaseOptions } from './database.options.js';
export type { DatabaseConnectionOptions } from './engines/connection-options.js';
export type { BackupAccess } from './http/guarded-controllers.js';
export type { NativeOptions } from './engines/native/native.options.js';

export {
  Backups,
  type BackupEvents,
  type CaptureOptions,
  type CleanupOptions,
  type JobOptions,
  type RestoreOptions,
  type RowsOptions,
} from './backups.js';
export type {
  Annotation,
  CaptureOutcomes,
  CatalogStats,
  DayTotals,
  IndexingProgress,
  Page,
  RestorePointQuery,
  SnapshotQuery,
  SnapshotTotals,
} from './catalog/catalog.js';
export type { Advice, ErrorDetails } from './model/advice.js';
export type { BackupConfig } from './model/backup-config.js';
export type { DashboardOptions, DashboardSignIn } from './model/dashboard.js';
export type { Comparison, StateName, TableComparison } from './model/comparison.js';
export type { HealthStatus, Judgement } from './model/health.js';
export type { Job, JobError, JobStatus, JobType } from './model/job.js';
export type { CleanupResult, RestoreResult, Verification } from './model/job-results.js';
export type { SnapshotKind, SourceKind, TableSummary } from './model/manifest.js';
export type { Compression, DatabaseEngine, PlanCompression, PlanSettings } from './model/plan.js';
export type { KeptSnapshot } from './model/retention.js';
export type { Snapshot, SnapshotLocation } from './model/snapshot.js';
export type { SnapshotWarning } from './model/snapshot-warning.js';
export type { Subject, Trigger, TriggerType } from './model/trigger.js';
export type { CleanupPreview } from './operations/cleanup.operation.js';
export type { ExtractedDocument } from './operations/extract.operation.js';
export type { BackupHealth, PlanHealth } from './operations/health.query.js';
export type { BackupStats } from './operations/stats.query.js';
export type { DiskSpace } from './system/disk-space.js';
export { SnapshotStore } from './stores/snapshot-store.js';
export type { AreaContent, ByteRange, StoreArea, StoredObject } from './stores/stored-objects.js';
export { type BackupEventOptions, ROLE_CREATED, type RoleCreatedEvent } from './model/events.js';
export { BackupError, type BackupErrorCode, type FieldError } from './model/errors.js';
