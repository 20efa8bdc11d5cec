import type { JobType } from './job.js';

/** What a completed restore did. Wire shape. */
export interface RestoreResult {
  /** How many rows each restored table has. */
  tables: Record<string, { rows: number }>;
  /** Of files: how many there are now, and how many bytes they have. */
  files?: { files: number; bytes: number };
  /** Restoring this one undoes the restore; null where none was taken. */
  safety_snapshot_id: string | null;
  duration_ms: number;
  /** What the caller should know though the restore succeeded. */
  warnings: string[];
}

/** Wire shape. */
export interface Verification {
  id: string;
  is_valid: boolean;
  /** In words; the reason when it is not valid. */
  message: string;
  checked_at: string;
}

/** Wire shape. */
export interface CleanupResult {
  /** Snapshots packed into archives. */
  archived: number;
  /** Snapshots deleted. */
  deleted: number;
  /** What the deleted ones took up; an estimate where an archive is only partly emptied and nothing was done yet. */
  freed_bytes: number;
  /** Snapshots that are due by the clock and stay, because it jumped ahead and nobody confirmed that it is right. */
  held_back: number;
  /** Why nothing was deleted although it may have been due: it is not known what is pinned, or what the settings say. */
  suspended?: string;
}

/** What completed jobs of each type leave as their `result`. */
export interface JobResults extends Record<JobType, object> {
  capture: { size_bytes: number; duration_ms: number };
  restore: RestoreResult;
  verify: Verification;
  cleanup: CleanupResult;
}
