import { access, constants, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import * as backup from '../backup/internals.js';
import type { BackupModuleOptions } from '../backup/internals.js';
import type { Backups } from './backups.js';
import { EXIT } from './exit-codes.js';
import { CommandError } from './failure.js';
import { plainText } from './output/plain-text.js';
import { Progress } from './output/progress.js';
import { countInWords } from './output/units.js';
import { settingsOf, type GlobalOptions, type Settings } from './settings.js';
import type { Terminal } from './terminal.js';

/** How often it is told how far the list is. */
const LOOK_MS = 100;

/**
 * What a command does with the backup folder: reads it, writes it, writes it and makes it where it is missing, does with whatever there is, or needs none of its
 * own: then it is one that goes away with the command.
 */
export type FolderUse = 'read' | 'write' | 'make' | 'any' | 'scratch';

/** Opens the backups as the server does, without its timers, listeners and routes; a folder that cannot be written, for reading. */
export async function openBackups(
  options: GlobalOptions,
  use: FolderUse,
  terminal: Terminal,
  {
    application,
    furtherFileRoots = [],
  }: { application?: BackupModuleOptions | undefined; furtherFileRoots?: readonly string[] | undefined },
): Promise<Backups> {
  const settings = settingsOf(options, terminal.env, application);
  const quiet = options.quiet === true || options.json === true;
  if (use === 'scratch') return openScratch(settings, terminal, furtherFileRoots);
  settings.fileRoots = [...(settings.fileRoots ?? []), ...furtherFileRoots];
  const readOnly = settings.readOnly === true || !(await isWritable(settings.directory, use));
  if (readOnly && use !== 'read' && use !== 'any')
    throw new CommandError(
      'FOLDER_NOT_WRITABLE',
      EXIT.failed,
      `The backup folder ${settings.directory} cannot be written, which this command requires. Choose another folder with --dir, or run the command as the owner of the folder.`,
    );
  if (readOnly && settings.readOnly !== true && !quiet)
    terminal.say(`${plainText(settings.directory)} cannot be written: it is opened read-only.`);
  const backups = await start({ ...settings, readOnly }, terminal);
  await untilIndexed(backups.catalog, new Progress(terminal, 'Indexing', quiet));
  return backups;
}

/** A command needs the whole list: it tells how far that is where it takes a while. What is listed by then stays so if the command is ended. */
async function untilIndexed(catalog: Backups['catalog'], progress: Progress): Promise<void> {
  const show = () => {
    const found = catalog.indexing();
    if (found) progress.show(`${countInWords(found.total)} snapshots`, found.indexed / Math.max(1, found.total));
  };
  show();
  const timer = setInterval(show, LOOK_MS);
  try {
    await catalog.indexed();
  } finally {
    clearInterval(timer);
    progress.end();
  }
}

/** A backup folder of its own for a command that reads its snapshots elsewhere and has nothing to keep. */
async function openScratch(
  settings: Settings,
  terminal: Terminal,
  furtherFileRoots: readonly string[],
): Promise<Backups> {
  const place = backup.scratchFolder(settings.readOnly === true ? null : settings.directory) ?? tmpdir();
  const directory = await mkdtemp(join(place, backup.scratchName()));
  const { catalogUrl: _ofTheFolder, ...others } = settings;
  const fileRoots = [...(settings.fileRoots ?? []), ...furtherFileRoots];
  const backups = await start({ ...others, directory, fileRoots, readOnly: false }, terminal);
  const close = async () => {
    await backups.close();
    await rm(directory, { recursive: true, force: true });
  };
  return { ...backups, close };
}

async function start(settings: Settings, terminal: Terminal): Promise<Backups> {
  const problem = backup.sqliteProblem();
  if (problem) throw problem;
  const app = await NestFactory.createApplicationContext(backup.HeadlessBackupModule.forRoot(settings), {
    logger: new WarningsOnly(terminal),
    abortOnError: false,
  });
  const get = <T>(token: Type<T> | (abstract new (...args: never[]) => T)): T => app.get(token, { strict: false });
  const foreign: backup.ForeignFolder[] = [];
  return {
    directory: settings.directory,
    readOnly: settings.readOnly === true,
    catalog: get(backup.Catalog),
    snapshots: get(backup.StoredSnapshots),
    queue: get(backup.JobQueue),
    plans: get(backup.Plans),
    config: get(backup.ConfigStore),
    captures: get(backup.CaptureOperation),
    restores: get(backup.RestoreOperation),
    restoreTargets: get(backup.RestoreTargets),
    verifications: get(backup.VerifyOperation),
    extracts: get(backup.ExtractOperation),
    comparisons: get(backup.CompareOperation),
    cleanup: get(backup.CleanupOperation),
    sources: get(backup.SourcesQuery),
    stats: get(backup.StatsQuery),
    health: get(backup.HealthQuery),
    scheduler: get(backup.BackupScheduler),
    openForeign: async (path) => {
      const folder = await backup.ForeignFolder.open(path, get(backup.Clock));
      foreign.push(folder);
      return folder;
    },
    databaseTarget: (address, option) => backup.databaseTarget(address, option),
    close: async () => {
      for (const folder of foreign) await folder.close();
      await app.close();
    },
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
  if (!found && (use === 'make' || use === 'any')) return true;
  if (!found?.isDirectory())
    throw new CommandError(
      'FOLDER_NOT_FOUND',
      EXIT.notFound,
      `There is no backup folder ${directory}. Set it with --dir or BACKUP_DIR.`,
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
    const text = String(message);
    if (!/^(Failed|Cancelled): /.test(text)) this.warn(text); // how the job ended is what the command itself says
  }
}
