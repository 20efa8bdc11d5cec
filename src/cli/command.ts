import type { Command } from 'commander';
import type { Backups } from './backups.js';
import type { FolderUse } from './open-backups.js';
import type { GlobalOptions } from './settings.js';
import type { Terminal } from './terminal.js';

/** What a command works with. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly global: GlobalOptions;
  /** All commands, as they are declared. */
  readonly program: Command;
  /**
   * Opens the backups; they are closed when the command has ended.
   * @param furtherFileRoots folders that files may be restored to, besides those of the settings
   */
  readonly open: (use: FolderUse, furtherFileRoots?: readonly string[]) => Promise<Backups>;
  /** The result: one JSON document for programs, or text for people. */
  readonly answer: (result: unknown, inWords: () => string) => void;
}

/** One command. */
export interface CliCommand {
  name: string;
  /** Another name, which an earlier version or people know it by. */
  alias?: string;
  summary: string;
  /** Complete calls, each of which does something useful. */
  examples: string[];
  /** Declares options and arguments. */
  configure?(command: Command): void;
  /** @returns the exit code, where it is not 0 */
  run(context: CommandContext, args: string[], options: Record<string, unknown>): Promise<number | void>;
}
