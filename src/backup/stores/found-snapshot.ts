import type { Manifest } from '../model/manifest.js';

/** A snapshot's manifest found in the store, and where. */
export interface FoundSnapshot {
  manifest: Manifest;
  /** File name of the archive that holds it, null for a regular snapshot. */
  archive: string | null;
}

/** Something in the store that looks like ours and cannot be used; reported, never deleted. */
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
