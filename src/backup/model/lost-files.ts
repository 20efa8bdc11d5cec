import type { FilesSummary } from './manifest.js';
import type { SnapshotWarning } from './snapshot-warning.js';

/** Which part of all files has to be gone. */
const MOST = 0.9;

/**
 * Whether a capture found all or nearly all files gone, as it does where a disk was not mounted.
 * @param before the snapshot to compare with
 */
export function lostFiles(
  before: { id: string; files: Pick<FilesSummary, 'count'> },
  { count: left }: Pick<FilesSummary, 'count'>,
): SnapshotWarning | null {
  const had = before.files.count;
  if (had === 0 || had - left < had * MOST) return null;
  const gone = left === 0 ? `All ${had} files` : `${had - left} of the ${had} files`;
  return {
    code: 'lost_files',
    message:
      `${gone} in snapshot ${before.id} are missing from the folders. Check that the folders are mounted and that the files were deleted on purpose; ` +
      'if not, restore that snapshot. A snapshot taken from the dashboard or through the API clears this warning.',
  };
}
