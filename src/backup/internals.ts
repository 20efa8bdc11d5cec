/** The public API for programs that serve no HTTP, such as a command line; `index.ts` adds what serves it. */
export { HeadlessBackupModule } from './headless.module.js';
export {
  Backups,
  type BackupEvents,
  type CaptureOptions,
  type CleanupOptions,
  type JobOptions,
  type RestoreOptions,
  type RowsOptions,
} from './backups.js';
export type { BackupModuleOptions } from './backup.options.js';

export type { DatabaseAddress, DatabaseTarget, Occupancy, ServerAddress } from './engines/database-target.js';
export { databaseTarget } from './database.options.js';
export { parseDatabaseUrl } from './engines/database-url.js';
export { settledAddress } from './engines/settled-address.js';
export { tlsOptions } from './engines/tls-options.js';

export { type Advice, type AdviceWords, type ErrorDetails, withAdvice } from './model/advice.js';
export type { FormSignIn } from './model/dashboard.js';
export { BackupError, type BackupErrorCode, type FieldError } from './model/errors.js';
export { BackupConfig } from './model/backup-config.js';
export { isDatedAhead } from './model/dated-ahead.js';
export { type HealthStatus, type Judgement } from './model/health.js';
export { type Plan, type PlanSettings } from './model/plan.js';
export type { CleanupResult, JobResults, RestoreResult, Verification } from './model/job-results.js';
export { isFinished, type Job, type JobError, type JobStatus, type JobType } from './model/job.js';
export type { Comparison, StateName, TableComparison } from './model/comparison.js';
export { hasOtherBody, unreadablePart } from './model/request-parts.js';
export type { Manifest, SnapshotKind, SourceKind, TableSummary } from './model/manifest.js';
export type { KeptSnapshot } from './model/retention.js';
export type { Snapshot, SnapshotLocation } from './model/snapshot.js';
export { TRIGGER_TYPES, type Subject, type Trigger, type TriggerType } from './model/trigger.js';

// For programs: inject these after importing the module.
export { Catalog, type JobQuery, type Page, type SnapshotQuery } from './catalog/catalog.js';
export { BrowseOperation } from './operations/browse.operation.js';
export { CaptureOperation, type CaptureAsked } from './operations/capture.operation.js';
export type { CleanupPlan } from './operations/cleanup-plan.js';
export { CleanupOperation, type CleanupPreview } from './operations/cleanup.operation.js';
export { CompareOperation, NOW } from './operations/compare.operation.js';
export { type ConfigConsequences } from './operations/config-consequences.js';
export { ConfigStore } from './operations/config.store.js';
export { ForeignFolder } from './operations/foreign-folder.js';
export { Plans } from './operations/plans.js';
export { ExtractOperation, type ExtractedDocument } from './operations/extract.operation.js';
export { HealthQuery, type BackupHealth, type PlanHealth, type Viewpoint } from './operations/health.query.js';
export { resultOf } from './operations/job-outcome.js';
export { JobQueue } from './operations/job.queue.js';
export { RemoveOperation } from './operations/remove.operation.js';
export { RestoreOperation } from './operations/restore.operation.js';
export { RestoreTargets, type RestoreTarget } from './operations/restore-targets.js';
export type { RestoreChoices } from './operations/restorer.js';
export { StoredSnapshots, type SnapshotSource } from './operations/stored-snapshots.js';
export { SourcesQuery, type DatabaseSource, type Sources } from './operations/sources.query.js';
export { StatsQuery, type BackupStats } from './operations/stats.query.js';
export { VerifyOperation } from './operations/verify.operation.js';
export { BackupScheduler, type ScheduleEntry } from './triggers/backup.scheduler.js';
export { Clock } from './system/clock.js';
export { sqliteProblem } from './system/sqlite-driver.js';
export { scratchFolder, scratchName } from './system/scratch-folder.js';
