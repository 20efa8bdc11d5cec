import { resolve } from 'node:path';

const SQLITE_SCHEME = 'sqlite:';

/**
 * The absolute path in `sqlite:<path>`, a path relative to the working folder or an absolute one.
 * @throws RangeError saying which form is allowed
 */
export function sqliteFile(url: string): string {
  const text = url.trim();
  const path = text.slice(SQLITE_SCHEME.length);
  // `//host/…` and `?options` mean different things to different programs, so neither is guessed at.
  const isFile = path !== '' && path !== ':memory:' && !/^\/\/|[?#\0]|[/\\]$/.test(path);
  if (!text.startsWith(SQLITE_SCHEME) || !isFile) {
    throw new RangeError(
      'must be sqlite:<path of a file>, such as sqlite:./data/app.sqlite (supported schemes: sqlite)',
    );
  }
  return resolve(path);
}
