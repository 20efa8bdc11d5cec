import { accessSync, constants, readdirSync, type BigIntStats, lstatSync } from 'node:fs';
import { BackupError } from '../../model/errors.js';
import { pathBytes, readable, type BytePath } from './byte-path.js';
import { oneName, otherNameOf } from './folded-names.js';
import { metadataOf } from './file.member.js';
import type { Selection } from './selection.js';
import { newPath, type Staging } from './staging.js';
import { isStagingName } from './staging.name.js';
import { settleOf, type Settle, type Swap } from './swap.journal.js';

export interface SwapPlan {
  swaps: Swap[];
  /** Folders that stay, and get owner, mode and time of the new ones. */
  settles: Settle[];
}

interface FolderPlan extends SwapPlan {
  /** Whether something in it has to stay. */
  keeps: boolean;
}

/** What is there and was never captured. */
export interface Untouchable {
  selection: Selection;
  /** Paths relative to the base. */
  skipped: ReadonlySet<BytePath>;
  isBackupFolder: (stats: BigIntStats) => boolean;
}

type Within = { included: boolean };

/**
 * Decides what has to be moved so that a folder becomes what stands in its staging. Things are moved as a whole, from as high up as possible: a folder is entered only if
 * something in it has to stay, such as what the patterns left out. It is the base itself at least.
 */
export class SwapPlanner {
  private readonly device: bigint;

  constructor(
    private readonly staging: Staging,
    /** Its number in the journal. */
    private readonly number: number,
    private readonly untouchable: Untouchable,
  ) {
    this.device = lstatSync(pathBytes(staging.base), { bigint: true }).dev;
  }

  /** @throws BackupError `UNSUPPORTED`, `FOLDER_NOT_WRITABLE` when it cannot be done */
  plan(): SwapPlan {
    return this.folder('', this.untouchable.selection.root, true);
  }

  private folder(relative: BytePath, within: Within, isStaged: boolean): FolderPlan {
    const plan: FolderPlan = { swaps: [], settles: [], keeps: false };
    const live = namesIn(this.live(relative));
    const kept = new Set<BytePath>();
    const staged = new Set(isStaged ? namesIn(newPath(this.staging, relative)) : []);
    for (const name of live) {
      const path = relative === '' ? name : `${relative}/${name}`;
      if (this.present(plan, path, name, within, staged.delete(name))) kept.add(name);
    }
    for (const name of staged) {
      const path = relative === '' ? name : `${relative}/${name}`;
      const other = otherNameOf(this.live(relative), name);
      if (other !== undefined && kept.has(other))
        throw oneName(
          this.staging.base,
          [other, name],
          'one is in the snapshot, the other is there and was never captured',
        );
      this.swap(plan, path, true);
    }
    if (isStaged) plan.settles.push(this.settle(relative));
    if (plan.keeps || relative === '') this.assertWritable(relative, plan);
    return plan;
  }

  /** @returns whether it stays, wholly or in part */
  private present(plan: FolderPlan, path: BytePath, name: BytePath, within: Within, isStaged: boolean): boolean {
    const stats = lstatSync(pathBytes(this.live(path)), { bigint: true });
    const selected = this.selected(path, name, stats, within, isStaged);
    if (!selected) {
      plan.keeps = true;
      return true;
    }
    if (stats.dev !== this.device)
      throw refused(
        this.live(path),
        'another file system is mounted there. Restore to another folder, or name it in the plan by a path of its own',
      );
    if (!stats.isDirectory()) {
      this.swap(plan, path, isStaged);
      return false;
    }
    const becomesFolder = isStaged && lstatSync(pathBytes(newPath(this.staging, path))).isDirectory();
    const inside = this.folder(path, selected, becomesFolder);
    if (!inside.keeps) {
      this.swap(plan, path, isStaged);
      return false;
    }
    if (isStaged && !becomesFolder)
      throw refused(
        this.live(path),
        'it is a folder with something in it that was not captured, and the snapshot has a file in its place. Move it away first',
      );
    plan.keeps = true;
    for (const swap of inside.swaps) plan.swaps.push(swap);
    for (const settle of inside.settles) plan.settles.push(settle);
    return true;
  }

  /** Null for what stays as it is. */
  private selected(
    path: BytePath,
    name: BytePath,
    stats: BigIntStats,
    within: Within,
    isStaged: boolean,
  ): Within | null {
    const { selection, skipped, isBackupFolder } = this.untouchable;
    if (isStagingName(name) || skipped.has(path)) return null;
    if (stats.isDirectory() && isBackupFolder(stats)) return null;
    if (!isStaged && !stats.isFile() && !stats.isDirectory() && !stats.isSymbolicLink()) return null;
    return selection.of(readable(path), within, stats.isDirectory());
  }

  private swap(plan: FolderPlan, path: BytePath, place: boolean): void {
    plan.swaps.push({ in: this.number, path, place });
  }

  private settle(path: BytePath): Settle {
    const stats = lstatSync(pathBytes(newPath(this.staging, path)), { bigint: true });
    return settleOf(this.number, path, metadataOf(stats));
  }

  /** Better found out before anything is moved. */
  private assertWritable(relative: BytePath, { swaps }: SwapPlan): void {
    if (swaps.length === 0) return;
    try {
      accessSync(pathBytes(this.live(relative)), constants.W_OK | constants.X_OK);
    } catch {
      throw new BackupError(
        'FOLDER_NOT_WRITABLE',
        `The folder ${shown(this.live(relative))} cannot be written to. Nothing was changed. Correct its permissions, or restore to another folder.`,
      );
    }
  }

  private live(relative: BytePath): BytePath {
    return relative === '' ? this.staging.base : `${this.staging.base}/${relative}`;
  }
}

const namesIn = (folder: BytePath): BytePath[] => readdirSync(pathBytes(folder), { encoding: 'latin1' }).sort();

const shown = (path: BytePath): string => JSON.stringify(readable(path).slice(-200));

const refused = (path: BytePath, why: string): BackupError =>
  new BackupError('UNSUPPORTED', `${shown(path)} cannot be replaced: ${why}. Nothing was changed.`);
