import { execFileSync } from 'node:child_process';

/** The engine host is a real child process, so the tests need the built program beside the sources they import. */
export default function buildOnce(): void {
  execFileSync(process.execPath, ['scripts/build-if-stale.mjs'], { stdio: 'inherit' });
}
