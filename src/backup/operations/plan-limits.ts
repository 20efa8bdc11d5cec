import { relative, resolve, sep } from 'node:path';
import { fileOf } from '../engines/database-target.js';
import type { PlanLimits } from '../model/backup-config.js';
import type { ResolvedOptions } from './resolved-options.js';

/** What plans may name: whoever may change the settings must not thereby read or replace any file of the server. */
export function planLimits({ databases, fileRoots, configFile }: ResolvedOptions): PlanLimits {
  const own = [configFile, ...Object.values(databases).flatMap((target) => fileOf(target) ?? [])];
  return {
    databases: Object.keys(databases),
    faultOfPath(path) {
      if (fileRoots.length === 0)
        return 'cannot be captured: the application allows no folders. Set BACKUP_FILE_ROOTS (option "fileRoots") to the folders to allow';
      const folder = resolve(path);
      if (own.some((file) => isInside(file, folder)))
        return 'contains a live database or the settings of this program, which a restore must not replace; choose other folders';
      if (fileRoots.some((root) => isInside(folder, root))) return undefined;
      return `must be inside one of the folders that the application allows: ${fileRoots.join(', ')}`;
    },
  };
}

/** Whether a path is this folder or lies below it, going by the names alone. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && resolve(folder, way) === path);
}
