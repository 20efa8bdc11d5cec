import type { ForeignFolder, Snapshot, SnapshotSource } from '../backup/internals.js';
import { EXIT } from './exit-codes.js';
import { CommandError } from './failure.js';
import { plainText } from './output/plain-text.js';

/** Whether somebody names a file or folder rather than a snapshot of the backup folder: no id has a slash or a dot in it. */
export const isPath = (reference: string): boolean => /[/\\.]/.test(reference);

/** @param which an id, the beginning of one, or `newest` */
export async function snapshotAt(from: SnapshotSource, which: string): Promise<Snapshot> {
  const meant = await (from as ForeignFolder).meant();
  if (meant.length === 1 && which === 'newest') return meant[0]!;
  const found = which === 'newest' ? await newestAmong(from, meant) : matching(meant, which);
  if (found.length === 1) return found[0]!;
  const given = plainText(which);
  throw new CommandError(
    'SNAPSHOT_NOT_FOUND',
    EXIT.notFound,
    found.length === 0
      ? `There is no readable snapshot "${given}" among the ${meant.length} there.`
      : `"${given}" matches ${found.length} snapshots there. Write more of the id.`,
  );
}

/** The newest that restores everything; of an archive or another choice of some, the newest of those. */
async function newestAmong({ catalog }: SnapshotSource, meant: readonly Snapshot[]): Promise<Snapshot[]> {
  const ids = new Set(meant.map(({ id }) => id));
  return (await catalog.restorePoints()).filter(({ id }) => ids.has(id)).slice(0, 1);
}

function matching(snapshots: readonly Snapshot[], which: string): Snapshot[] {
  const exact = snapshots.filter(({ id }) => id === which);
  return exact.length > 0 ? exact : snapshots.filter(({ id }) => id.startsWith(which));
}
