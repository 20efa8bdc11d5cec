import type { StoredFile } from '../archive/stored-file.js';
import type { Manifest } from '../model/manifest.js';
import type { Snapshot } from '../model/snapshot.js';
import type { DiskSpace } from '../system/disk-space.js';

/** A snapshot's manifest found in the destination, and where. */
export interface FoundSnapshot {
  manifest: Manifest;
  /** File name of the archive it lies in, null for a loose one. */
  archive: string | null;
}

/** Something in the destination that looks like ours and cannot be used; reported, never deleted. */
export interface FoundProblem {
  file: string;
  problem: string;
}

export interface ArchiveFile {
  filename: string;
  size_bytes: number;
  /** Changes whenever the archive is rewritten; opaque. */
  revision: string;
}

/**
 * Where snapshots are kept. Publishing is all or nothing: whatever is found by {@link listLoose} or in an archive is complete.
 * Names from outside are checked before a path is built, and symbolic links are never followed.
 */
export abstract class Destination {
  /**
   * Creates the folders (0700) and proves that they can be written.
   * @throws BackupError `FOLDER_NOT_WRITABLE`
   */
  abstract prepare(): Promise<void>;

  /**
   * Does the work, which takes moments, while no other process does anything {@link exclusively}: what a lease keeps for itself is done in this way too.
   * Not to be nested.
   * @throws BackupError `BUSY`
   */
  abstract exclusively<T>(work: () => Promise<T>): Promise<T>;

  /**
   * Removes what earlier runs, of processes that have ended, left half done. Exclusively.
   * @returns what was swept, for the log
   */
  abstract sweepAbandoned(): Promise<string[]>;

  /** Removes the unfinished files that one process, already dead, left behind. */
  abstract sweep(pid: number): Promise<void>;

  /** Where an engine writes the document of a new snapshot (it writes aside, next to this). */
  abstract documentPath(filename: string): string;

  /** Where the chunk index of a full snapshot lies, if it has one; disposable. */
  abstract indexPath(id: string): string;

  /** Whether a file of this snapshot id stands there already, finished or not. */
  abstract isTaken(id: string): Promise<boolean>;

  /**
   * Makes a document that stands under a temporary name, and its manifest, a snapshot. A crash in the middle leaves nothing that is listed, and
   * {@link prepare} removes it.
   */
  abstract publishSnapshot(
    temporaryPath: string,
    manifest: Manifest,
    temporaryIndexPath?: string | null,
  ): Promise<void>;

  /** Removes a loose snapshot: its manifest first, so that it is never listed without its document. Gone already is fine. */
  abstract removeSnapshot(id: string): Promise<void>;

  abstract archivePath(filename: string): string;
  /** Gives an archive that stands under a temporary name its final one, replacing an older one of that day. */
  abstract publishArchive(temporaryPath: string, filename: string): Promise<void>;
  abstract removeArchive(filename: string): Promise<void>;

  /** Ids of the loose snapshots whose manifest and document both stand there as regular files. */
  abstract listLoose(): Promise<string[]>;
  /** Loose files that look like ours and make no snapshot: a document or manifest without the other, a link in its place. */
  abstract listProblems(): Promise<FoundProblem[]>;
  abstract readLoose(id: string): Promise<FoundSnapshot | FoundProblem>;
  abstract listArchives(): Promise<ArchiveFile[]>;
  /** The manifests inside an archive; a corrupt archive yields one problem. */
  abstract readArchive(filename: string): Promise<(FoundSnapshot | FoundProblem)[]>;
  /** How many snapshots an archive holds, going by its end alone; 0 where that cannot be read. */
  abstract countInArchive(filename: string): Promise<number>;
  /** One whole snapshot, loose or in the archive that its name says; null where it is not there, or its manifest cannot be used. */
  abstract look(id: string): Promise<FoundSnapshot | null>;

  /** Where a snapshot's document lies now. */
  abstract documentOf(snapshot: Pick<Snapshot, 'filename' | 'archive'>): StoredFile;
  /** Where a snapshot's manifest lies now. */
  abstract manifestOf(snapshot: Pick<Snapshot, 'id' | 'archive'>): StoredFile;
  /** Reads and checks a snapshot's manifest. @throws BackupError `SNAPSHOT_CORRUPT`, `ARCHIVE_CORRUPT` */
  abstract readManifest(snapshot: Pick<Snapshot, 'id' | 'archive'>): Promise<Manifest>;

  /** The text of `annotations.json`: what people said about snapshots after they were made. Null when nobody did. */
  abstract readAnnotations(): Promise<string | null>;
  /** Replaces it as a whole or not at all. */
  abstract writeAnnotations(text: string): Promise<void>;

  /** The text of `.clock.json`: what is remembered of the machine's clock. Null when there is none. */
  abstract readClockHistory(): Promise<string | null>;
  /** Replaces it as a whole or not at all. */
  abstract writeClockHistory(text: string): Promise<void>;

  /** Why the files of a snapshot cannot be what they should be, going by names and sizes alone; null when nothing speaks against them. */
  abstract faultOf(snapshot: Pick<Snapshot, 'id' | 'filename' | 'archive' | 'size_bytes'>): Promise<string | null>;

  abstract diskSpace(): Promise<DiskSpace>;

  /** Why nothing can be stored here now, or read, in words; null when it can. A full disk is none: see {@link diskSpace}. */
  abstract trouble(): Promise<string | null>;
}
