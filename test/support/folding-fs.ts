import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

/** What the files engine does with paths; how many of them its first arguments are. */
const WITH_PATHS = {
  ...{ openSync: 1, mkdirSync: 1, lstatSync: 1, statSync: 1, readdirSync: 1, rmSync: 1, chmodSync: 1, accessSync: 1 },
  ...{ lchownSync: 1, lutimesSync: 1, renameSync: 2, linkSync: 2 },
} as const;

type Call = (...args: unknown[]) => unknown;

/** Runs something as if a folder lay on a file system that keeps names as they were given, and finds them by any case and any way of writing accents. */
export async function onFoldingFileSystem<T>(folder: string, run: () => Promise<T>): Promise<T> {
  const functions = fs as unknown as Record<string, Call>;
  const real = Object.fromEntries(
    Object.keys(WITH_PATHS)
      .concat('symlinkSync')
      .map((name) => [name, functions[name]!]),
  );
  const names = (path: string): string[] => {
    try {
      return real['readdirSync']!(path) as string[];
    } catch {
      return [];
    }
  };
  const found = (path: unknown): unknown => {
    const text = Buffer.isBuffer(path) ? path.toString() : path;
    if (typeof text !== 'string' || !text.startsWith(`${folder}/`)) return path;
    return text
      .slice(folder.length + 1)
      .split('/')
      .reduce((at, name) => {
        const there = names(at);
        const same = there.includes(name) ? name : there.find((other) => folded(other) === folded(name));
        return join(at, same ?? name);
      }, folder);
  };
  for (const [name, count] of Object.entries(WITH_PATHS))
    functions[name] = (...args) => real[name]!(...args.slice(0, count).map(found), ...args.slice(count));
  functions['symlinkSync'] = (target, path) => real['symlinkSync']!(target, found(path));
  syncBuiltinESMExports();
  try {
    return await run();
  } finally {
    Object.assign(fs, real);
    syncBuiltinESMExports();
  }
}

const folded = (name: string): string => name.normalize('NFC').toLowerCase();
