import type { FilesManifest, FilesSummary, FullReason } from '../../model/manifest.js';
import type { CapturedFile, StoredSnapshot } from '../snapshot.engine.js';
import type { FilesCompression } from './compression.js';

export interface CaptureFilesRequest {
  id: string;
  /** ISO 8601, UTC. */
  createdAt: string;
  /** Final path of the document; it is written aside under a temporary name. Its folder, the backup folder, is never captured. */
  documentPath: string;
  /** Absolute paths of folders, or of single files. A symbolic link here is followed, none below it is. */
  paths: string[];
  /** Patterns relative to each path; everything when empty. */
  include: string[];
  /** Patterns relative to each path; they go over `include`. */
  exclude: string[];
  compression: FilesCompression;
  /** The full snapshot to compare with, or why a full one is wanted. */
  base: StoredSnapshot<FilesManifest> | FullReason;
}

/** Captured folders of files. */
export interface CapturedFiles extends CapturedFile {
  files: FilesSummary;
}

export interface RestoreFilesRequest {
  snapshot: StoredSnapshot<FilesManifest>;
  /**
   * For each captured path that is to be restored, the absolute path that takes its place: the same one to restore in place, or any other. Of a captured folder it
   * is a folder, which need not be there yet; of a single file it is the file.
   */
  targets: Record<string, string>;
}

export interface RestoreFilesOutcome {
  /** Regular files, and their contents together. */
  restored: { files: number; bytes: number };
  /** What the caller should know though the restore succeeded. */
  warnings: string[];
}

/** Two of the stages that a restore reports. */
export const STAGES = {
  /** It cannot be cancelled any more, and takes a moment to be complete. */
  decided: 'swap',
  /** Everything is in its place; only its own traces are still to be removed. */
  done: 'done',
} as const;

/** What became of a restore that had been interrupted. */
export interface RecoveredRestore {
  /** `finished`: it had been decided, and is now as the snapshot says. `undone`: everything is as it was. */
  state: 'finished' | 'undone';
  /** Of a finished one. */
  outcome: RestoreFilesOutcome | null;
}
