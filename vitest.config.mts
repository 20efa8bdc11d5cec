import { randomInt } from 'node:crypto';
import { existsSync, statfsSync } from 'node:fs';
import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';
import { ProjectSequencer } from './test/support/sequencer.js';

// SWC rather than esbuild: Nest's dependency injection needs the decorator metadata that esbuild does not emit.
const decorators = swc.vite({
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
});

// Before the workers start, so that they have the same.
if (process.env['LONG'] === '1') {
  process.env['SEED'] ??= String(randomInt(2 ** 31));
  // eslint-disable-next-line no-console -- whoever repeats the run needs it
  console.log(`A long run with SEED=${process.env['SEED']}`);
}

const IN_MEMORY = '/dev/shm';
const ROOM = 4_000_000_000;

/** Temporary files in memory where there is room: the tests wait for many fsyncs, and none of them pulls the plug. */
function temporaryFolder(): Record<string, string> {
  if (process.env['TMPDIR'] !== undefined) return {};
  if (!existsSync(IN_MEMORY)) return {};
  const { bavail, bsize } = statfsSync(IN_MEMORY);
  return bavail * bsize >= ROOM ? { TMPDIR: IN_MEMORY } : {};
}

/** They are started by many tests, and busy machines are slow: a time limit ends what hangs, and judges nothing. */
const TEN_MINUTES = 600_000;

const common = {
  environment: 'node' as const,
  globals: false,
  env: temporaryFolder(),
  setupFiles: ['test/support/fixed-seed.ts'],
  testTimeout: TEN_MINUTES,
  hookTimeout: TEN_MINUTES,
  expect: { poll: { timeout: TEN_MINUTES, interval: 20 } },
  // Files share their worker and the modules it has loaded: loading them anew for each file takes longer than most files.
  isolate: false,
  // Three for two cores: much of their time is spent waiting for children, servers and browsers.
  maxWorkers: 3,
  sequence: { groupOrder: 1 },
};

/** Where tests change what all modules share, or keep databases open. */
const isolated = { ...common, isolate: true };
const withInlineTasks = { ...common, setupFiles: [...common.setupFiles, 'test/support/engine-inline.ts'] };

/** They count on being alone there: that nobody writes is told for a whole database server at once. */
const ON_SERVERS =
  'test/integration/{postgres,mysql,native-postgres,native-mysql,plans-of-sources,chosen-tables}*.spec.ts';

export default defineConfig({
  plugins: [decorators],
  test: {
    globalSetup: ['test/support/build-once.ts'],
    sequence: { sequencer: ProjectSequencer },
    projects: [
      { extends: true, test: { ...common, name: 'unit', include: ['src/**/*.spec.ts'] } },
      { extends: true, test: { ...isolated, name: 'dashboard', include: ['dashboard/src/**/*.spec.ts'] } },
      {
        extends: true,
        test: {
          ...isolated,
          name: 'servers',
          include: [ON_SERVERS],
          maxWorkers: 1,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          ...withInlineTasks,
          name: 'integration',
          include: ['test/integration/**/*.spec.ts'],
          exclude: [ON_SERVERS],
        },
      },
      { extends: true, test: { ...isolated, name: 'e2e', include: ['test/e2e/**/*.spec.ts'] } },
      {
        extends: true,
        test: {
          ...isolated,
          name: 'browser',
          include: ['test/browser/**/*.spec.ts'],
          globalSetup: ['test/support/chromium.ts'],
          // One page at a time: pages that share two cores keep each other waiting.
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          ...isolated,
          name: 'apps',
          include: ['test/apps/*.spec.ts'],
          globalSetup: ['test/support/packed-once.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
