import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BackupError } from '../model/errors.js';

/**
 * A program that runs in a process of its own. Always the compiled one: a child process has no TypeScript loader when the tests run from the sources.
 * @param starter the file beside which it lies
 * @throws BackupError `UNSUPPORTED` where a bundler has left it behind
 */
export function ownProgram(starter: string, name: string): string {
  const here = dirname(starter);
  const folder = starter.endsWith('.ts') ? here.replace(/([/\\])src([/\\]backup[/\\]engines)/, '$1dist$2') : here;
  const program = join(folder, name);
  if (!existsSync(program)) {
    throw new BackupError(
      'UNSUPPORTED',
      `${program} is missing. The library starts child processes from its own files, so it cannot be bundled: list "nestjs-backup" and the NestJS packages as external in the ` +
        'configuration of your bundler. "nest build" does this by default.',
    );
  }
  return program;
}
