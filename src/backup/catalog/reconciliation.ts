import type { ArchiveFile, FoundProblem } from '../stores/found-snapshot.js';
import type { SnapshotRepository } from '../stores/snapshot.repository.js';
import { timeInId, utcDay } from '../model/snapshot-id.js';
import type { AnnotationStore, Annotations } from './annotation.store.js';
import type { ArchiveTable } from './archive.table.js';
import { piecesOf } from './chunks.js';
import type { Intake } from './intake.js';
import type { SnapshotTable } from './snapshot.table.js';

/** What the repository holds and the rows do not, and what it takes to add it. */
export interface Unlisted {
  /** Ids of regular ones, the newest first by their names. */
  ids: string[];
  /** Archives that are not read yet, or changed since, the newest first, with how many snapshots they seem to hold. */
  archives: { file: ArchiveFile; count: number }[];
  /** How many are listed already. */
  listed: number;
  /** Ids of all regular ones. */
  regular: ReadonlySet<string>;
  annotations: Annotations | null;
}

export interface ReconciliationOutcome {
  /** Whether the rows say what is pinned. */
  pinsRead: boolean;
  /** Whether all regular snapshots that were listed are gone at once, as where a disk is not mounted. */
  lostAll: boolean;
}

/** Brings the rows in line with what the repository holds. Every step may be repeated, and it can be interrupted anywhere. */
export class Reconciliation {
  constructor(
    private readonly repository: SnapshotRepository,
    private readonly snapshots: SnapshotTable,
    private readonly archives: ArchiveTable,
    private readonly annotations: AnnotationStore,
    readonly intake: Intake,
  ) {}

  /** @param anew counts as unlisted what is listed, too */
  async unlisted(anew: boolean): Promise<Unlisted> {
    const known = anew ? new Map<string, string>() : await this.snapshots.regular();
    const revisions = new Map(anew ? [] : (await this.archives.all()).map((row) => [row.filename, row.revision]));
    const regular = new Set(await this.repository.listRegular());
    const changed = (await this.repository.listArchives()).filter(
      (file) => revisions.get(file.filename) !== file.revision,
    );
    const archives: Unlisted['archives'] = [];
    for (const file of changed.reverse())
      archives.push({ file, count: Math.max(1, await this.repository.countInArchive(file.filename)) });
    const { annotations } = await this.annotations.read();
    return {
      ids: newestFirst([...regular].filter((id) => !known.has(id))),
      archives,
      listed: anew ? 0 : await this.snapshots.count(),
      regular,
      annotations,
    };
  }

  async run(): Promise<ReconciliationOutcome> {
    const { annotations, problem } = await this.annotations.read();
    if (problem !== null) this.intake.reportOnce(problem);
    // The rows are read before the folder: a snapshot published in between is then new, not vanished.
    const known = await this.snapshots.regular();
    const regular = new Set(await this.repository.listRegular());
    await this.addRegular(
      [...regular].filter((id) => !known.has(id)),
      annotations,
    );
    const vanished = [...known.keys()].filter((id) => !regular.has(id));
    const days = new Set(vanished.map((id) => utcDay(new Date(known.get(id)!))));
    await this.readArchives(regular, days, annotations);
    await this.snapshots.remove(vanished, 'regular'); // those found in an archive are no longer that
    await this.snapshots.order();
    if (annotations) await this.snapshots.annotate(annotations);
    this.report(await this.repository.listProblems());
    return {
      pinsRead: annotations !== null,
      lostAll: known.size > 0 && vanished.length === known.size && regular.size === 0,
    };
  }

  /**
   * Tells of regular manifests that broke since they were listed, which {@link run} does not read again. Their snapshots stay listed: they are not gone,
   * and a person may be able to repair them.
   * @param onRead told after each piece how many manifests were read
   */
  async reportBroken(onRead: (count: number) => Promise<void>): Promise<void> {
    const broken = new Map<string, FoundProblem>();
    const unread = this.intake.unread((await this.snapshots.regular()).keys());
    for (const ids of piecesOf(unread)) {
      for (const [at, item] of (await this.intake.read(ids)).entries())
        if ('problem' in item) broken.set(ids[at]!, item);
      await onRead(ids.length);
    }
    if (broken.size === 0) return;
    const there = new Set(await this.repository.listRegular()); // another instance may have archived one meanwhile
    this.report([...broken].flatMap(([id, problem]) => (there.has(id) ? [problem] : [])));
  }

  private async addRegular(ids: readonly string[], annotations: Annotations | null): Promise<void> {
    for (const piece of piecesOf(ids)) {
      const items = await this.intake.read(piece);
      this.report(items);
      await this.intake.add(items, annotations);
    }
  }

  /** @param days whose archives are read even if they did not change: a regular snapshot may have left a copy there */
  private async readArchives(
    regular: ReadonlySet<string>,
    days: ReadonlySet<string>,
    annotations: Annotations | null,
  ): Promise<void> {
    const known = new Map((await this.archives.all()).map((archive) => [archive.filename, archive]));
    for (const file of await this.repository.listArchives()) {
      const row = known.get(file.filename);
      known.delete(file.filename);
      if (row?.revision !== file.revision || days.has(row.date))
        this.report(await this.intake.addArchive(file, regular, annotations));
    }
    for (const gone of known.keys()) {
      await this.snapshots.remove(await this.snapshots.idsIn(gone));
      await this.archives.remove(gone);
    }
  }

  private report(items: readonly (FoundProblem | object)[]): void {
    for (const item of items) if ('problem' in item) this.intake.report(item);
  }
}

/** Whoever waits for the list most likely waits for these. */
function newestFirst(ids: readonly string[]): string[] {
  const dated = ids.map((id) => `${timeInId(id) ?? ''} ${id}`).sort();
  return dated.reverse().map((each) => each.slice(each.indexOf(' ') + 1));
}
