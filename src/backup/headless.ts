/** The public API for programs that serve no HTTP, as `nestjs-backup/headless`: it loads nothing that serves. */
export { HeadlessBackupModule } from './headless.module.js';
export type { BackupModuleOptions } from './backup.options.js';
export type { BackupDatabase, BackupDatabaseOptions } from './database.options.js';
export type { DatabaseConnectionOptions } from './engines/connection-options.js';
export { Backups } from './backups.js';
export type { BackupEventOptions } from './model/events.js';
export { BackupError } from './model/errors.js';
