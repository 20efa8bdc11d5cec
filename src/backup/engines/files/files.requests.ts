import type { FilesManifest, FilesSummary, FullReason } from '../../model/manifest.js';
import type { CapturedFile, StoredSnapshot } from '../snapshot.engine.js';
import type { BytePath, PathText } from './byte-path.js';
import type { FilesCompression } from './compression.js';
import type { FileEntry } from './file.entry.js';

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
  /** The codec of the document. @default the content is stored as it is */
  codec?: string;
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

export interface ListFilesRequest {
  snapshot: StoredSnapshot<FilesManifest>;
  /** Without the slash in front; null for the captured paths themselves, or to search all. */
  folder: BytePath | null;
  /** Part of a name, or of the path where it has a slash, at any depth; null to list the folder. */
  search: string | null;
  offset: number;
  limit: number;
}

/** One entry of the list of a snapshot of files. Wire shape. */
export interface ListedFile {
  /** Absolute, as it was captured; its bytes in hexadecimal where they are no text. */
  path: PathText;
  /** The last part of the path, for people. */
  name: string;
  type: FileEntry['type'];
  /** Of files; null for all others. */
  size_bytes: number | null;
  /** ISO 8601, UTC; null for what was left out. */
  modified_at: string | null;
  /** What a link leads to. */
  target: PathText | null;
  /** Why it is not in the snapshot though it was there; null for what is. */
  skipped_reason: string | null;
}

/** Wire shape of `GET …/{id}/files`. */
export interface FilesPage {
  /** The folder that is listed or searched; null for the captured paths. */
  path: PathText | null;
  offset: number;
  limit: number;
  total: number;
  entries: ListedFile[];
}

export interface FindFileRequest {
  snapshot: StoredSnapshot<FilesManifest>;
  /** Without the slash in front. */
  path: BytePath;
}

export interface FoundFile {
  /** Of the entry that holds the content: another one where the path is a hard link. */
  path: BytePath;
  /** What the file is called by the path that was asked for. */
  name: BytePath;
  sizeBytes: number;
}

export type FileContentRequest = FindFileRequest;
