import { Injectable } from '@nestjs/common';
import { realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { BackupError } from '../model/errors.js';
import { isInside } from './plan-limits.js';
import { ResolvedOptions } from './resolved-options.js';

/** The folders that files may be captured from and restored to. */
@Injectable()
export class FileRoots {
  constructor(private readonly options: ResolvedOptions) {}

  /**
   * Absolute paths, proven to lie inside the allowed folders where they really are: a symbolic link on the way leads nowhere else.
   * @throws BackupError `CONFIG_INVALID`
   */
  async resolve(paths: readonly string[]): Promise<string[]> {
    const roots = await Promise.all(this.options.fileRoots.map((root) => realOf(root)));
    const resolved = paths.map((path) => resolve(path));
    for (const [index, path] of resolved.entries()) {
      const real = await realOf(path);
      if (roots.some((root) => isInside(real, root))) continue;
      throw new BackupError(
        'CONFIG_INVALID',
        `The path ${JSON.stringify(paths[index])} is not inside the folders that the application allows (BACKUP_FILE_ROOTS, option "fileRoots"). Correct the path or the option.`,
      );
    }
    return resolved;
  }
}

/** Where a path really leads; of one that is not there yet, as far as it is. */
async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) throw error;
    return resolve(await realOf(parent), path.slice(parent.length).replace(/^[/\\]+/, ''));
  }
}
