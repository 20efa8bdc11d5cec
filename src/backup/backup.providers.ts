import type { Provider } from '@nestjs/common';
import { resolveOptions } from './backup.options.js';
import { BACKUP_OPTIONS } from './options.token.js';
import { Backups } from './backups.js';
import { Catalog } from './catalog/catalog.js';
import { TypeOrmCatalog } from './catalog/typeorm.catalog.js';
import { folderRepository } from './stores/folder.repository.js';
import { SnapshotRepository } from './stores/snapshot.repository.js';
import { ReadOnlyWorkspace, Workspace } from './stores/workspace.js';
import { BundleEngine } from './engines/bundle/bundle.engine.js';
import { EngineHost } from './engines/engine-host.js';
import { FilesEngine } from './engines/files/files.engine.js';
import { JsonEngine } from './engines/json/json.engine.js';
import { NativeEngine } from './engines/native/native.engine.js';
import { SnapshotEngines } from './engines/snapshot.engines.js';
import { CaptureBases } from './operations/capture-bases.js';
import { Losses } from './operations/losses.js';
import { CaptureOperation } from './operations/capture.operation.js';
import { CleanupOperation } from './operations/cleanup.operation.js';
import { ClockWatch } from './operations/clock-watch.js';
import { CompareOperation } from './operations/compare.operation.js';
import { ConfigStore } from './operations/config.store.js';
import { DatabaseRestorer } from './operations/database.restorer.js';
import { DatabaseCapturer } from './operations/database.capturer.js';
import { DayArchives } from './operations/day-archives.js';
import { RestoreOnEmpty } from './operations/restore-on-empty.js';
import { BrowseOperation } from './operations/browse.operation.js';
import { ExtractOperation } from './operations/extract.operation.js';
import { FileRoots } from './operations/file-roots.js';
import { FilesRestorer } from './operations/files.restorer.js';
import { FilesCapturer } from './operations/files.capturer.js';
import { FirstRuns } from './operations/first-runs.js';
import { HealthQuery } from './operations/health.query.js';
import { JobQueue } from './operations/job.queue.js';
import { JobRunner } from './operations/job.runner.js';
import { Leftovers } from './operations/leftovers.js';
import { MaintenanceMode } from './operations/maintenance.js';
import { OriginKey } from './operations/origin-key.js';
import { Plans } from './operations/plans.js';
import { DeletionGuard } from './operations/deletion-guard.js';
import { RecordedJobs } from './operations/recorded-jobs.js';
import { RemoveOperation } from './operations/remove.operation.js';
import { ResolvedOptions } from './operations/resolved-options.js';
import { RestoreOperation } from './operations/restore.operation.js';
import { RestoreTargets } from './operations/restore-targets.js';
import { SnapshotPublisher } from './operations/snapshot-publisher.js';
import { SnapshotCapturer } from './operations/snapshot-capturer.js';
import { SourcesQuery } from './operations/sources.query.js';
import { StatsQuery } from './operations/stats.query.js';
import { StoredSnapshots } from './operations/stored-snapshots.js';
import { UpcomingRuns } from './operations/upcoming-runs.js';
import { VerifyOperation } from './operations/verify.operation.js';
import { Clock, SystemClock } from './system/clock.js';
import { ServingLock } from './system/serving-lock.js';
import { Lease } from './system/lease.js';
import { SharedLease } from './system/shared-lease.js';
import { scratchFolder } from './system/scratch-folder.js';
import { sqliteProblem } from './system/sqlite-driver.js';
import { BackupLifecycle } from './triggers/backup.lifecycle.js';
import { BackupScheduler } from './triggers/backup.scheduler.js';
import { ScheduleListing } from './triggers/schedule.listing.js';

/** The outside world, by the option that names it. */
const PORTS: Provider[] = [
  { provide: ResolvedOptions, useFactory: resolveOptions, inject: [BACKUP_OPTIONS] },
  { provide: Clock, useClass: SystemClock },
  {
    provide: Workspace,
    useFactory: ({ directory, readOnly }: ResolvedOptions) =>
      readOnly ? new ReadOnlyWorkspace(directory) : new Workspace(directory),
    inject: [ResolvedOptions],
  },
  {
    provide: SnapshotRepository,
    useFactory: (workspace: Workspace, { store }: ResolvedOptions) =>
      store === null ? folderRepository(workspace) : new SnapshotRepository(store, workspace),
    inject: [Workspace, ResolvedOptions],
  },
  {
    provide: Catalog,
    useFactory: ({ catalogUrl }: ResolvedOptions, repository: SnapshotRepository, clock: Clock) =>
      new TypeOrmCatalog({ url: catalogUrl, repository, clock, unavailable: sqliteProblem() }),
    inject: [ResolvedOptions, SnapshotRepository, Clock],
  },
  {
    provide: Lease,
    useFactory: ({ directory }: ResolvedOptions, clock: Clock) => new Lease(directory, clock),
    inject: [ResolvedOptions, Clock],
  },
  {
    provide: SharedLease,
    useFactory: (lease: Lease, clock: Clock, leftovers: Leftovers) =>
      new SharedLease(lease, clock, (held) => leftovers.clearAway(held)),
    inject: [Lease, Clock, Leftovers],
  },
  {
    provide: ServingLock,
    useFactory: ({ directory }: ResolvedOptions, clock: Clock) => new ServingLock(directory, clock),
    inject: [ResolvedOptions, Clock],
  },
  // Only an application that takes snapshots by itself keeps a process waiting for the next one.
  {
    provide: EngineHost,
    useFactory: ({ triggers, directory, readOnly }: ResolvedOptions) =>
      new EngineHost({ standby: triggers, scratch: () => scratchFolder(readOnly ? null : directory) }),
    inject: [ResolvedOptions],
  },
  { provide: JsonEngine, useFactory: (host: EngineHost) => new JsonEngine(host), inject: [EngineHost] },
  { provide: FilesEngine, useFactory: (host: EngineHost) => new FilesEngine(host), inject: [EngineHost] },
  { provide: BundleEngine, useFactory: (host: EngineHost) => new BundleEngine(host), inject: [EngineHost] },
  {
    provide: NativeEngine,
    useFactory: (host: EngineHost, { native }: ResolvedOptions) => new NativeEngine(host, native),
    inject: [EngineHost, ResolvedOptions],
  },
  {
    provide: SnapshotEngines,
    useFactory: (json: JsonEngine, native: NativeEngine, files: FilesEngine, parts: BundleEngine) =>
      new SnapshotEngines({ database: { json, native }, files: { files }, full: { parts } }),
    inject: [JsonEngine, NativeEngine, FilesEngine, BundleEngine],
  },
];

/** What a program asks for. */
export const OPERATIONS: Provider[] = [
  Backups,
  CaptureOperation,
  RestoreOperation,
  RestoreTargets,
  VerifyOperation,
  BrowseOperation,
  ExtractOperation,
  CompareOperation,
  CleanupOperation,
  RemoveOperation,
  SourcesQuery,
  StatsQuery,
  HealthQuery,
  JobQueue,
  ConfigStore,
  BackupScheduler,
];

const INNER_PARTS: Provider[] = [
  CaptureBases,
  Losses,
  ClockWatch,
  RestoreOnEmpty,
  OriginKey,
  FirstRuns,
  JobRunner,
  Plans,
  DeletionGuard,
  RecordedJobs,
  SnapshotPublisher,
  SnapshotCapturer,
  DatabaseCapturer,
  FilesCapturer,
  DatabaseRestorer,
  FilesRestorer,
  FileRoots,
  DayArchives,
  Leftovers,
  StoredSnapshots,
  UpcomingRuns,
  ScheduleListing,
  MaintenanceMode,
  BackupLifecycle,
];

/** Everything but what serves HTTP and hears of events. */
export const PROVIDERS: Provider[] = [...PORTS, ...OPERATIONS, ...INNER_PARTS];
