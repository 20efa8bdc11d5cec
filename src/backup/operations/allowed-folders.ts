import { opendir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { planLimits } from './plan-limits.js';
import type { ResolvedOptions } from './resolved-options.js';

/** A folder that plans may capture files from. Wire shape. */
export interface AllowedFolder {
  /** Absolute. */
  path: string;
  /** What keeps the folder itself from being captured, such as `cannot be read (ENOENT)`; null where nothing is known of. */
  problem: string | null;
  /** The folders in it that a plan may name, absolute and by name; no more than so many, and none that a symbolic link leads to. */
  folders: string[];
}

const MOST_FOLDERS = 500;
/** Of a folder with a million files in it. */
const MOST_LOOKED_AT = 10_000;

/** Looks into a folder that the application allows, for those in it that may be captured one by one. */
export async function lookInto(path: string, options: ResolvedOptions): Promise<AllowedFolder> {
  const limits = planLimits(options);
  const problem = limits.faultOfPath(path) ?? null;
  try {
    const found = await foldersIn(path);
    const allowed = found.filter((folder) => folder !== options.directory && limits.faultOfPath(folder) === undefined);
    return { path, problem, folders: allowed.slice(0, MOST_FOLDERS) };
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    return { path, problem: problem ?? `cannot be read (${code})`, folders: [] };
  }
}

async function foldersIn(path: string): Promise<string[]> {
  const names: string[] = [];
  let seen = 0;
  for await (const entry of await opendir(path)) {
    if (entry.isDirectory() && !isNoText(entry.name)) names.push(entry.name);
    seen += 1;
    if (seen === MOST_LOOKED_AT) break;
  }
  return names.sort().map((name) => resolve(path, name));
}

/** Bytes that are no UTF-8 stand as this, and such a name would lead nowhere. */
const isNoText = (name: string): boolean => name.includes('\uFFFD');
