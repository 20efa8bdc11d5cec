import type { LoggerService } from '@nestjs/common';
import type { ArchiveFile, Destination, FoundProblem, FoundSnapshot } from '../destinations/destination.js';
import { utcDay } from '../model/snapshot-id.js';
import { snapshotFromManifest } from '../model/snapshot.js';
import type { AnnotationStore, Annotations } from './annotation.store.js';
import type { ArchiveTable } from './archive.table.js';
import { inChunks } from './chunks.js';
import type { SnapshotTable } from './snapshot.table.js';

export interface ReconciliationOutcome {
  /** Whether the rows say what is pinned. */
  pinsRead: boolean;
  /** Whether all loose snapshots that were listed are gone at once, as where a disk is not mounted. */
  lostAll: boolean;
}

/**
 * Brings the rows in line with what the destination holds. Every step may be repeated, and an archive counts as read only after its last
 * one, so that it can be interrupted anywhere.
 */
export class Reconciliation {
  private readonly reported = new Set<string>();
  /** Loose manifests that were read since {@link reportBroken} looked. */
  private readonly read = new Set<string>();

  constructor(
    private readonly destination: Destination,
    private readonly snapshots: SnapshotTable,
    private readonly archives: ArchiveTable,
    private readonly annotations: AnnotationStore,
    private readonly logger: Pick<LoggerService, 'error'>,
  ) {}

  /** @param options.anew read also what is known already */
  async run({ anew = false }: { anew?: boolean } = {}): Promise<ReconciliationOutcome> {
    const { annotations, problem } = await this.annotations.read();
    if (problem !== null) this.reportOnce(problem);
    // The rows are read before the folder: a snapshot published in between is then new, not vanished.
    const known = await this.snapshots.loose();
    const loose = new Set(await this.destination.listLoose());
    await this.addLoose(
      [...loose].filter((id) => anew || !known.has(id)),
      annotations,
    );
    const vanished = [...known.keys()].filter((id) => !loose.has(id));
    const days = new Set(vanished.map((id) => utcDay(new Date(known.get(id)!))));
    await this.readArchives(loose, anew ? 'all' : days, annotations);
    await this.snapshots.remove(vanished, 'regular'); // those found in an archive are no longer that
    await this.snapshots.order();
    if (annotations) await this.snapshots.annotate(annotations);
    (await this.destination.listProblems()).forEach((found) => this.report(found));
    return {
      pinsRead: annotations !== null,
      lostAll: known.size > 0 && vanished.length === known.size && loose.size === 0,
    };
  }

  /**
   * Tells of loose manifests that broke since they were listed, which {@link run} does not read again. Their snapshots stay listed: they are not gone,
   * and a person may be able to repair them.
   */
  async reportBroken(): Promise<void> {
    const broken = new Map<string, FoundProblem>();
    const unread = [...(await this.snapshots.loose()).keys()].filter((id) => !this.read.has(id));
    this.read.clear();
    await inChunks(unread, async (chunk) => {
      for (const id of chunk) {
        const item = await this.destination.readLoose(id);
        if ('problem' in item) broken.set(id, item);
      }
    });
    if (broken.size === 0) return;
    const there = new Set(await this.destination.listLoose()); // another instance may have archived one meanwhile
    broken.forEach((problem, id) => there.has(id) && this.report(problem));
  }

  private async addLoose(ids: readonly string[], annotations: Annotations | null): Promise<void> {
    await inChunks(ids, async (chunk) => {
      const added = await this.add(await Promise.all(chunk.map((id) => this.destination.readLoose(id))), annotations);
      for (const id of added) this.read.add(id);
    });
  }

  /** @param days whose archives are read even if they did not change: a loose snapshot may have left a copy there */
  private async readArchives(
    loose: ReadonlySet<string>,
    days: ReadonlySet<string> | 'all',
    annotations: Annotations | null,
  ): Promise<void> {
    const known = new Map((await this.archives.all()).map((archive) => [archive.filename, archive]));
    for (const file of await this.destination.listArchives()) {
      const row = known.get(file.filename);
      known.delete(file.filename);
      if (row?.revision !== file.revision || days === 'all' || days.has(row.date))
        await this.readArchive(file, loose, annotations);
    }
    for (const gone of known.keys()) {
      await this.snapshots.remove(await this.snapshots.idsIn(gone));
      await this.archives.remove(gone);
    }
  }

  private async readArchive(
    file: ArchiveFile,
    loose: ReadonlySet<string>,
    annotations: Annotations | null,
  ): Promise<void> {
    await this.archives.saveUnread(file);
    const content = await this.destination.readArchive(file.filename);
    // A snapshot that still lies loose, too, counts as loose until archiving has finished with it.
    const wanted = content.filter((item) => 'problem' in item || !loose.has(item.manifest.id));
    const found = new Set<string>();
    await inChunks(wanted, async (chunk) => (await this.add(chunk, annotations)).forEach((id) => found.add(id)));
    await this.snapshots.remove((await this.snapshots.idsIn(file.filename)).filter((id) => !found.has(id)));
    if (!content.some((item) => 'problem' in item)) await this.archives.save(file);
  }

  private async add(
    items: readonly (FoundSnapshot | FoundProblem)[],
    annotations: Annotations | null,
  ): Promise<string[]> {
    const found = items.filter((item) => 'manifest' in item);
    items.filter((item) => 'problem' in item).forEach((problem) => this.report(problem));
    await this.snapshots.describe(
      found.map(({ manifest, archive }) => snapshotFromManifest(manifest, archive)),
      annotations,
    );
    return found.map(({ manifest }) => manifest.id);
  }

  /** Once per run of the program: a stray file is no news every ten minutes. */
  private report({ file, problem }: FoundProblem): void {
    this.reportOnce(`${file} in the backup folder cannot be used: ${problem}`);
  }

  private reportOnce(line: string): void {
    if (this.reported.has(line)) return;
    this.reported.add(line);
    this.logger.error(line);
  }
}
