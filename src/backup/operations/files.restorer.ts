import { Injectable, Logger } from '@nestjs/common';
import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FilesEngine } from '../engines/files/files.engine.js';
import type { StoredSnapshot } from '../engines/snapshot.engine.js';
import { BackupError } from '../model/errors.js';
import type { Manifest } from '../model/manifest.js';
import { fsyncFolder, writeFileAtomically } from '../system/atomic-file.js';
import type { TaskRun } from '../system/child-task.js';
import { Fence } from '../system/fence.js';
import { FileRoots } from './file-roots.js';
import { ResolvedOptions } from './resolved-options.js';
import type { RestoreChoices, Restored, Restorer } from './restorer.js';
import { ofFiles } from './stored-snapshots.js';

const NOTE_NAME = '.files-restore.json';

/** Where a restore is at work, and which process does it. */
interface RestoreNote {
  pid: number;
  targets: string[];
}

/** Puts folders back: each is then as the snapshot says, or as it was. */
@Injectable()
export class FilesRestorer implements Restorer {
  private readonly logger = new Logger('Backup');

  constructor(
    private readonly engine: FilesEngine,
    private readonly roots: FileRoots,
    private readonly options: ResolvedOptions,
  ) {}

  /** @throws BackupError `TABLE_NOT_FOUND`, `VALIDATION_FAILED`, `CONFIG_INVALID` for a target outside the allowed folders */
  async assertAskable(stored: StoredSnapshot<Manifest>, choices: RestoreChoices): Promise<void> {
    const { id, paths } = ofFiles(stored).manifest;
    if (choices.tables)
      throw new BackupError('TABLE_NOT_FOUND', `Snapshot "${id}" is a snapshot of files and has no tables.`);
    await this.targets(paths, choices);
  }

  /** @throws BackupError as {@link assertAskable}, and `SNAPSHOT_CORRUPT`, `DISK_FULL` */
  async assertRestorable(stored: StoredSnapshot<Manifest>, choices: RestoreChoices, run?: TaskRun): Promise<void> {
    await this.assertAskable(stored, choices);
    const snapshot = ofFiles(stored);
    await this.engine.checkRestorable({ snapshot, targets: await this.targets(snapshot.manifest.paths, choices) }, run);
  }

  async replaces(stored: StoredSnapshot<Manifest>, choices: RestoreChoices): Promise<boolean> {
    if (choices.to !== undefined) return false;
    const targets = await this.targets(ofFiles(stored).manifest.paths, choices);
    const found = await Promise.all(Object.values(targets).map((target) => lstat(target).catch(() => null)));
    return found.some((stats) => stats !== null);
  }

  /** Where it is at work stands in a file meanwhile, so that what a crash interrupts is finished or undone at the next start. */
  async restore(stored: StoredSnapshot<Manifest>, choices: RestoreChoices, run: TaskRun): Promise<Restored> {
    const snapshot = ofFiles(stored);
    await this.recover(run.fence); // the note of a restore that could not be ended yet must not be written over
    const targets = await this.targets(snapshot.manifest.paths, choices);
    const note = { pid: process.pid, targets: Object.values(targets) };
    const fence = run.fence ?? new Fence(null);
    await fence.whileHeld(() => this.writeNote(note));
    const { restored, warnings } = await this.engine.restore({ snapshot, targets }, run);
    await fence.whileHeld(() => this.removeNote());
    return { files: restored, warnings };
  }

  /** Finishes or undoes what an earlier run left. Only for who holds the lease. */
  async recover(fence: Fence | undefined): Promise<void> {
    const note = await this.readNote();
    if (note === null) return;
    const recovered = await this.engine.recover(note.targets, { fence });
    if (recovered) this.logger.warn(`An interrupted restore of files is now ${recovered.state}`);
    await this.removeNote();
  }

  private async targets(paths: readonly string[], { to }: RestoreChoices): Promise<Record<string, string>> {
    const places = to === undefined ? paths : paths.map((path) => (paths.length === 1 ? to : join(to, basename(path))));
    if (new Set(places).size < places.length)
      throw new BackupError(
        'VALIDATION_FAILED',
        'Two of the captured paths have the same name and cannot both be restored to that folder. Restore in place, or capture each with a plan of its own.',
      );
    const resolved = await this.roots.resolve(places);
    if (to !== undefined) for (const place of resolved) await assertNothingThere(place);
    return Object.fromEntries(paths.map((path, index) => [path, resolved[index]!]));
  }

  private get noteFile(): string {
    return join(this.options.directory, NOTE_NAME);
  }

  private writeNote(note: RestoreNote): Promise<void> {
    return writeFileAtomically(this.noteFile, `${JSON.stringify(note)}\n`);
  }

  private async readNote(): Promise<RestoreNote | null> {
    try {
      return JSON.parse(await readFile(this.noteFile, 'utf8')) as RestoreNote;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw new BackupError(
        'FOLDER_NOT_WRITABLE',
        `${NOTE_NAME} in the backup folder, the record of an interrupted restore of files, cannot be read: ${(error as Error).message}. ` +
          'Check the folders that were being restored, then delete it.',
        {},
        { cause: error },
      );
    }
  }

  private async removeNote(): Promise<void> {
    await rm(this.noteFile, { force: true });
    await fsyncFolder(this.options.directory);
  }
}

/** The safety snapshot is of where the files were: what lies elsewhere could not be brought back. */
async function assertNothingThere(place: string): Promise<void> {
  try {
    if ((await readdir(place)).length === 0) return;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    if (code !== 'ENOTDIR') throw error;
  }
  throw new BackupError(
    'VALIDATION_FAILED',
    `${JSON.stringify(place)} already exists. Set "to" to a new path or an empty folder, or leave it out to restore in place.`,
  );
}
