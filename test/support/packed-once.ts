import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The package, as npm packs it. */
    packed: string;
  }
}

/** Packs what is built, once for all applications. */
export default async function packOnce({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'packed-once-'));
  await promisify(execFile)('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder]);
  provide('packed', join(folder, (await readdir(folder))[0]!));
  return () => rm(folder, { recursive: true });
}
