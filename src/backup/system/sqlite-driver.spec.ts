import { beforeEach, describe, expect, it, vi } from 'vitest';

describe('the driver of SQLite', () => {
  let driver: typeof import('./sqlite-driver.js');

  beforeEach(async () => {
    vi.resetModules();
    driver = await import('./sqlite-driver.js');
  });

  it('loads here, and opens what it is given', () => {
    expect(driver.sqliteProblem()).toBeNull();
    const database = driver.openSqlite(':memory:', { timeout: 0 });
    expect(database.prepare('SELECT 7').pluck().get()).toBe(7);
    database.close();
  });

  it.each([
    [
      'a part that was never made',
      'Could not locate the bindings file. Tried:\n → /app/build/better_sqlite3.node',
      'Could not locate the bindings file',
    ],
    [
      'a part for another Node',
      "The module '/srv/my app/node_modules/better-sqlite3/better_sqlite3.node'\nwas compiled against a different Node.js version using\nNODE_MODULE_VERSION 115. This version requires 127.",
      "The module 'better_sqlite3.node' was compiled against a different Node.js version using NODE_MODULE_VERSION 115",
    ],
    [
      'a part for another system',
      '/srv/app/node_modules/better-sqlite3/build/Release/better_sqlite3.node: invalid ELF header',
      'better_sqlite3.node: invalid ELF header',
    ],
    [
      'a part for Windows',
      '\\\\?\\C:\\app\\build\\better_sqlite3.node is not a valid Win32 application.\nC:\\app\\build\\better_sqlite3.node',
      'better_sqlite3.node is not a valid Win32 application',
    ],
  ])('is named in one sentence with what to do, and no folder of the server: %s', (_, message, reason) => {
    const problem = driver.sqliteProblem(() => {
      throw Object.assign(new Error(message), { code: 'ERR_DLOPEN_FAILED' });
    });
    expect(problem).toMatchObject({
      code: 'DRIVER_UNAVAILABLE',
      message: `The SQLite driver better-sqlite3 cannot be loaded (${reason}). Run "npm rebuild better-sqlite3" with the Node that runs this program, ${process.version}; with pnpm, "pnpm approve-builds" first.`,
    });
  });
});
