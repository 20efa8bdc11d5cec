import { lstat, readdir } from 'node:fs/promises';
import type { AreaContent } from './stored-objects.js';

/** What a folder holds, told apart without following a link. */
export async function contentOf(folder: string): Promise<AreaContent> {
  const files = new Set<string>();
  const others = new Set<string>();
  for (const entry of await readdir(folder, { withFileTypes: true })) (entry.isFile() ? files : others).add(entry.name);
  return { files, others };
}

/** Whether anything of this name is there, a dangling link included. */
export async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(ignoreMissing)) !== undefined;
}

/** For `.catch()`: gone already is fine. */
export function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
