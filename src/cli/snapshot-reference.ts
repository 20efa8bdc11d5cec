import type { Catalog, Snapshot } from '../backup/internals.js';
import { EXIT } from './exit-codes.js';
import { CommandError } from './failure.js';
import { plainText } from './output/plain-text.js';

const NEWEST = /^newest(?::(.+))?$/;
const PAGE = 200;
const MOST_NAMED = 10;

export const REFERENCE_IN_WORDS =
  'an id, a unique beginning of one, "newest" for the newest snapshot that restores everything, or "newest:<plan>"';

/**
 * Which snapshot somebody means.
 * @param evenDamaged whether the newest may be one that was found damaged
 * @throws CommandError when there is none, or several
 */
export async function snapshotNamed(
  reference: string,
  catalog: Catalog,
  { evenDamaged = false }: { evenDamaged?: boolean } = {},
): Promise<Snapshot> {
  const newest = NEWEST.exec(reference);
  if (newest) return catalog.newest({ plan: newest[1], evenDamaged });
  const exact = await catalog.find(reference);
  if (exact) return exact;
  const found = await beginningWith(reference, catalog);
  if (found.length === 1) return found[0]!;
  if (found.length === 0)
    throw new CommandError(
      'SNAPSHOT_NOT_FOUND',
      EXIT.notFound,
      `There is no snapshot "${plainText(reference)}". "nestjs-backup list" shows them; for a file or folder, write its path with a "/" in it.`,
    );
  const ids = found.map(({ id }) => id);
  const more = ids.length > MOST_NAMED ? `\n  and ${ids.length - MOST_NAMED} more` : '';
  throw new CommandError(
    'AMBIGUOUS',
    EXIT.notFound,
    `"${plainText(reference)}" matches several snapshots:\n  ${ids.slice(0, MOST_NAMED).join('\n  ')}${more}`,
    { candidates: ids },
  );
}

async function beginningWith(reference: string, catalog: Catalog): Promise<Snapshot[]> {
  const found: Snapshot[] = [];
  for (let page = 1; ; page++) {
    const { items } = await catalog.page({ q: reference, page, page_size: PAGE });
    found.push(...items.filter(({ id }) => id.startsWith(reference)));
    if (items.length < PAGE) return found;
  }
}
