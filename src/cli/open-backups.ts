import { access, constants, stat } from 'node:fs/promises';
import type { LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import * as backup from '../backup/headless.js';
import type { Backups } from './backups.js';
import { EXIT } from './exit-codes.js';
import { CommandError } from './failure.js';
import { plainText } from './output/plain-text.js';
import { settingsOf, type GlobalOptions } from './settings.js';
import type { Terminal } from './terminal.js';

/** What a command does to the backup folder. `make`: it may be made where it is missing. */
export type FolderUse = 'read' | 'write' | 'make';

/** Opens the backups as the server does, without its timers, listeners and routes; a folder that cannot be written, for reading. */
export async function openBackups(
  options: GlobalOptions,
  use: FolderUse,
  terminal: Terminal,
  furtherFileRoots: readonly string[] = [],
): Promise<Backups> {
  const settings = settingsOf(options, terminal.env);
  settings.fileRoots = [...(settings.fileRoots ?? []), ...furtherFileRoots];
  const readOnly = settings.readOnly === true || !(await isWritable(settings.directory, use));
  if (readOnly && use !== 'read')
    throw new CommandError(
      'FOLDER_NOT_WRITABLE',
      EXIT.failed,
      `The backup folder ${settings.directory} cannot be written, which this command has to. Name another with --dir, or call it as the user that owns the folder.`,
    );
  if (readOnly && settings.readOnly !== true && options.quiet !== true && options.json !== true)
    terminal.say(`${plainText(settings.directory)} cannot be written: it is only read.`);
  const app = await NestFactory.createApplicationContext(
    backup.HeadlessBackupModule.forRoot({ ...settings, readOnly }),
    { logger: new WarningsOnly(terminal), abortOnError: false },
  );
  const get = <T>(token: Type<T> | (abstract new (...args: never[]) => T)): T => app.get(token, { strict: false });
  return {
    directory: settings.directory,
    readOnly,
    catalog: get(backup.Catalog),
    snapshots: get(backup.StoredSnapshots),
    queue: get(backup.JobQueue),
    plans: get(backup.Plans),
    config: get(backup.ConfigStore),
    captures: get(backup.CaptureOperation),
    restores: get(backup.RestoreOperation),
    outlook: get(backup.RestoreOutlook),
    verifications: get(backup.VerifyOperation),
    extracts: get(backup.ExtractOperation),
    comparisons: get(backup.CompareOperation),
    cleanup: get(backup.CleanupOperation),
    stats: get(backup.StatsQuery),
    health: get(backup.HealthQuery),
    scheduler: get(backup.BackupScheduler),
    openForeign: (path) => backup.ForeignFolder.open(path, get(backup.Clock)),
    databaseTarget: (address, option) => backup.databaseTarget(address, option),
    close: () => app.close(),
  };
}

/** A folder that is missing is no empty one: a name with a mistake in it must not look like a loss of all backups. */
async function isWritable(directory: string, use: FolderUse): Promise<boolean> {
  const found = await stat(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new CommandError(
      'FOLDER_NOT_FOUND',
      EXIT.notFound,
      `The backup folder ${directory} cannot be read (${error.code}).`,
    );
  });
  if (!found && use === 'make') return true;
  if (!found?.isDirectory())
    throw new CommandError(
      'FOLDER_NOT_FOUND',
      EXIT.notFound,
      `There is no backup folder ${directory}. Name it with --dir or BACKUP_DIR.`,
    );
  return access(directory, constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** The log of the operations as the command line tells it: what a person has to know beside the result. */
class WarningsOnly implements LoggerService {
  constructor(private readonly terminal: Terminal) {}

  log(): void {}

  warn(message: unknown): void {
    this.terminal.say(`Warning: ${plainText(String(message))}`);
  }

  error(message: unknown): void {
    const said = String(message);
    if (!/^(Failed|Cancelled): /.test(said)) this.warn(said); // how the job ended is what the command itself says
  }
}
