import type { LoggerService } from '@nestjs/common';
import type { ArchiveFile, FoundProblem, FoundSnapshot } from '../stores/found-snapshot.js';
import type { SnapshotRepository } from '../stores/snapshot.repository.js';
import { snapshotFromManifest } from '../model/snapshot.js';
import type { Annotations } from './annotation.store.js';
import type { ArchiveTable } from './archive.table.js';
import { inChunks } from './chunks.js';
import type { SnapshotTable } from './snapshot.table.js';

type Found = FoundSnapshot | FoundProblem;

/** Reads manifests, and writes the rows of those that can be used. Every step may be repeated. */
export class Intake {
  private readonly reported = new Set<string>();
  /** Regular ones that were read, and found good. */
  private readonly known = new Set<string>();

  constructor(
    private readonly repository: SnapshotRepository,
    private readonly snapshots: SnapshotTable,
    private readonly archives: ArchiveTable,
    private readonly logger: Pick<LoggerService, 'error'>,
  ) {}

  read(ids: readonly string[]): Promise<Found[]> {
    return Promise.all(ids.map((id) => this.repository.readRegular(id)));
  }

  /** @returns the ids of those that could be used */
  async add(items: readonly Found[], annotations: Annotations | null): Promise<string[]> {
    const found = items.filter((item) => 'manifest' in item);
    await this.snapshots.describe(
      found.map(({ manifest, archive }) => snapshotFromManifest(manifest, archive)),
      annotations,
    );
    for (const { manifest, archive } of found) if (archive === null) this.known.add(manifest.id);
    return found.map(({ manifest }) => manifest.id);
  }

  /** An archive counts as read only after the last step, so that this can be interrupted anywhere. @returns what in it cannot be used */
  async addArchive(
    file: ArchiveFile,
    regular: ReadonlySet<string>,
    annotations: Annotations | null,
  ): Promise<FoundProblem[]> {
    await this.archives.saveUnread(file);
    const content = await this.repository.readArchive(file.filename);
    const problems = content.filter((item) => 'problem' in item);
    // A snapshot that still lies in the backup folder, too, counts as regular until archiving has finished with it.
    const wanted = content.filter((item) => 'manifest' in item && !regular.has(item.manifest.id));
    const found = new Set<string>();
    await inChunks(wanted, async (chunk) => (await this.add(chunk, annotations)).forEach((id) => found.add(id)));
    await this.snapshots.remove((await this.snapshots.idsIn(file.filename)).filter((id) => !found.has(id)));
    if (problems.length === 0) await this.archives.save(file);
    return problems;
  }

  /** Which of these were not read since this was asked last. */
  unread(ids: Iterable<string>): string[] {
    const unread = [...ids].filter((id) => !this.known.has(id));
    this.known.clear();
    return unread;
  }

  /** Once per run of the program: a stray file is no news every ten minutes. */
  report({ file, problem }: FoundProblem): void {
    this.reportOnce(`${file} in the backup folder cannot be used: ${problem}`);
  }

  reportOnce(line: string): void {
    if (this.reported.has(line)) return;
    this.reported.add(line);
    this.logger.error(line);
  }
}
