import { describe, expect, it } from 'vitest';
import { assertSqliteLoads } from './sqlite-driver.js';

describe('the driver of SQLite', () => {
  it('loads here', () => {
    expect(() => assertSqliteLoads()).not.toThrow();
  });

  it.each([
    [
      'Could not locate the bindings file. Tried:\n → /app/build/better_sqlite3.node',
      'Could not locate the bindings file',
    ],
    [
      "The module '/app/better_sqlite3.node'\nwas compiled against a different Node.js version using\nNODE_MODULE_VERSION 115. This version requires 127.",
      "The module '/app/better_sqlite3.node' was compiled against a different Node.js version using NODE_MODULE_VERSION 115",
    ],
  ])('is named in one sentence with what to do, where it does not: %s', (message, reason) => {
    const open = () => {
      throw new Error(message);
    };
    expect(() => assertSqliteLoads(open)).toThrow(
      `The SQLite driver better-sqlite3 cannot be loaded (${reason}). Run "npm rebuild better-sqlite3"; `,
    );
  });
});
