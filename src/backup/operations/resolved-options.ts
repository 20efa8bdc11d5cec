import type { NativeOptions } from '../engines/native/native.options.js';
import type { DatabaseTarget } from '../engines/database-target.js';
import { BackupError } from '../model/errors.js';
import type { DashboardOptions } from '../model/dashboard.js';
import type { BackupEventOptions } from '../model/events.js';
import { DEFAULT_DATABASE } from '../model/plan.js';
import type { SnapshotStore } from '../stores/snapshot-store.js';

/** The module's options, checked once and with every default filled in. */
export class ResolvedOptions {
  /** By name; one is called `default`. */
  readonly databases!: Readonly<Record<string, DatabaseTarget>>;
  readonly native!: NativeOptions;
  /** Absolute. Folders that plans may capture files from, and restore them to. */
  readonly fileRoots!: readonly string[];
  /** Absolute. */
  readonly directory!: string;
  /** Null keeps the snapshots in the directory. */
  readonly store!: SnapshotStore | null;
  /** Absolute. */
  readonly configFile!: string;
  readonly catalogUrl!: string;
  /** Nothing is written to the directory, and nothing captured, restored or deleted. */
  readonly readOnly!: boolean;
  readonly triggers!: boolean;
  /** There are none only because these are tests. */
  readonly isQuietInTests!: boolean;
  /** Besides `role.created`. */
  readonly events!: readonly BackupEventOptions[];
  readonly restoreOnEmpty!: boolean;
  readonly minFreeBytes!: number;
  readonly jobTimeoutMs!: number;
  readonly appVersion!: string;
  readonly maintenanceExempt!: readonly string[];
  /** Null where none is served. */
  readonly dashboard!: Required<DashboardOptions> | null;

  /** The database that a manifest or plan names. @throws BackupError `UNSUPPORTED` when the application no longer has it */
  database(name: string = DEFAULT_DATABASE): DatabaseTarget {
    const target = Object.hasOwn(this.databases, name) ? this.databases[name] : undefined;
    if (target) return target;
    throw new BackupError(
      'UNSUPPORTED',
      `This application no longer has a database "${name}"; it has ${Object.keys(this.databases).join(', ')}. Add it to the options of BackupModule again.`,
    );
  }
}
