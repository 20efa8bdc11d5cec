import type { BackupModuleOptions } from '../backup/internals.js';
import { runCommandLine } from './command-line.js';
import { Terminal } from './terminal.js';

/**
 * The command line for an application whose backups the environment alone does not describe: one with several databases, for example. Ends the program
 * with the exit code of the command.
 *
 * ```ts
 * await runBackupCommandLine({ database: 'sqlite:./shop.db', databases: { reports: process.env.REPORTS_URL } });
 * ```
 * @param options the same that `BackupModule.forRoot()` takes; `triggers` and `restoreOnEmpty` do not count. The environment is not read
 * @param args what was called. @default the arguments of the process
 */
export async function runBackupCommandLine(
  options: BackupModuleOptions,
  args: readonly string[] = process.argv.slice(2),
): Promise<void> {
  process.exitCode = await runCommandLine(args, new Terminal(process), options);
}
