import { join } from 'node:path';
import type { BackupModuleOptions } from '../../src/backup/index.js';

/** The module's options for the database `shop.db` of a folder: with everything else in the folder too, and without timers. */
export const shopOptions = (folder: string) =>
  ({
    database: `sqlite:${join(folder, 'shop.db')}`,
    directory: join(folder, 'backups'),
    configFile: join(folder, 'backup_config.json'),
    triggers: false,
  }) satisfies BackupModuleOptions;
