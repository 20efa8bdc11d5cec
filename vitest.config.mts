import { existsSync, statfsSync } from 'node:fs';
import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

// SWC rather than esbuild: Nest's dependency injection needs the decorator metadata that esbuild does not emit.
const decorators = swc.vite({
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
});

const IN_MEMORY = '/dev/shm';
const ROOM = 4_000_000_000;

/** Temporary files in memory where there is room: the tests wait for many fsyncs, and none of them pulls the plug. */
function temporaryFolder(): Record<string, string> {
  if (process.env['TMPDIR'] !== undefined) return {};
  if (!existsSync(IN_MEMORY)) return {};
  const { bavail, bsize } = statfsSync(IN_MEMORY);
  return bavail * bsize >= ROOM ? { TMPDIR: IN_MEMORY } : {};
}

const common = { environment: 'node' as const, globals: false, env: temporaryFolder() };

/** They count on being alone there: that nobody writes is told for a whole PostgreSQL server at once. */
const ON_SERVERS =
  'test/integration/{postgres,mysql,native-postgres,native-mysql,plans-of-sources,chosen-tables}*.spec.ts';

const IN_ONE_WORKER = { maxWorkers: 1, sequence: { groupOrder: 0 } };
// These spend much of their time waiting for child processes.
const IN_TWO_WORKERS = { maxWorkers: 2, sequence: { groupOrder: 1 } };

// A browser and a program at a time.
const ALONE = { maxWorkers: 1, sequence: { groupOrder: 2 } };

export default defineConfig({
  plugins: [decorators],
  test: {
    globalSetup: ['test/support/build-once.ts'],
    projects: [
      {
        extends: true,
        test: { ...common, name: 'unit', include: ['src/**/*.spec.ts'], testTimeout: 60_000, ...IN_ONE_WORKER },
      },
      {
        extends: true,
        test: {
          ...common,
          name: 'dashboard',
          include: ['dashboard/src/**/*.spec.ts'],
          testTimeout: 60_000,
          ...IN_ONE_WORKER,
        },
      },
      {
        extends: true,
        test: {
          ...common,
          name: 'servers',
          include: [ON_SERVERS],
          testTimeout: 300_000,
          hookTimeout: 180_000,
          ...IN_ONE_WORKER,
        },
      },
      {
        extends: true,
        test: {
          ...common,
          name: 'integration',
          include: ['test/integration/**/*.spec.ts'],
          exclude: [ON_SERVERS],
          testTimeout: 300_000,
          hookTimeout: 180_000,
          ...IN_TWO_WORKERS,
        },
      },
      {
        extends: true,
        test: {
          ...common,
          name: 'e2e',
          include: ['test/e2e/**/*.spec.ts'],
          testTimeout: 300_000,
          hookTimeout: 180_000,
          ...IN_TWO_WORKERS,
        },
      },
      {
        extends: true,
        test: {
          ...common,
          name: 'browser',
          include: ['test/browser/**/*.spec.ts'],
          globalSetup: ['test/support/chromium.ts'],
          testTimeout: 300_000,
          hookTimeout: 180_000,
          ...ALONE,
        },
      },
      {
        extends: true,
        test: {
          ...common,
          name: 'apps',
          include: ['test/apps/*.spec.ts'],
          globalSetup: ['test/support/packed-once.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
