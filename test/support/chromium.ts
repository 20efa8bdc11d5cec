import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';

/** Debian's, of the package `chromium`. */
const EXECUTABLE = '/usr/bin/chromium';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the one Chromium of all browser tests listens; `null` where none is installed. */
    chromium: string | null;
  }
}

/** Starts one Chromium for all files of the project. */
export default async function startChromium(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!existsSync(EXECUTABLE)) {
    if (process.env['CI'] === 'true') throw new Error(`The browser tests need ${EXECUTABLE}: apt-get install chromium`);
    project.provide('chromium', null);
    return undefined;
  }
  // Tests of many kinds run at once; a sandbox is of no use to pages that are all our own, and root cannot have one.
  const server = await chromium.launchServer({ executablePath: EXECUTABLE, args: ['--no-sandbox'] });
  project.provide('chromium', server.wsEndpoint());
  return () => server.close();
}
