import type { CleanupPlan, KeptSnapshot } from '../../backup/internals.js';
import type { CommandContext } from '../command.js';
import { table } from '../output/table.js';
import { countOf, sizeInWords } from '../output/units.js';
import { requester } from '../requester.js';
import { watched } from '../watched.js';

/** Archives, or archives and deletes. */
export async function cleanUp(
  context: CommandContext,
  what: 'all' | 'archive',
  { dryRun, confirmClock = false }: { dryRun: boolean; confirmClock?: boolean },
): Promise<void> {
  const backups = await context.open(dryRun ? 'read' : 'write');
  if (dryRun) {
    const plan = await backups.cleanup.plan();
    const preview = previewOf(plan, what);
    context.answer(preview, () => inWords(preview, what, context.terminal.width('stdout')));
    return;
  }
  const done = await watched(context, backups, 'Clean-up', () =>
    backups.cleanup.run(requester(), what, { confirmClock }),
  );
  context.answer(
    done,
    () => `${done.archived} archived, ${done.deleted} deleted, ${sizeInWords(done.freed_bytes)} freed.`,
  );
}

interface Preview {
  archived: { archive_of: string; ids: string[] }[];
  deleted: string[];
  kept: KeptSnapshot[];
  held_back: string[];
}

function previewOf(
  { days, expiredRegular, expiredArchived, kept, heldBack }: CleanupPlan,
  what: 'all' | 'archive',
): Preview {
  const archived = days.map(({ day, snapshots }) => ({ archive_of: day, ids: snapshots.map(({ id }) => id) }));
  if (what === 'archive') return { archived, deleted: [], kept: [], held_back: [] };
  const expired = [...expiredRegular, ...expiredArchived.flatMap(({ snapshots }) => snapshots)];
  return { archived, deleted: expired.map(({ id }) => id), kept, held_back: heldBack };
}

function inWords(
  { archived, deleted, kept, held_back }: Preview,
  what: 'all' | 'archive',
  width: number | undefined,
): string {
  const days = archived.map(({ archive_of, ids }) => `  ${archive_of}: ${countOf(ids.length, 'snapshot')}`);
  const parts = [days.length === 0 ? 'No snapshots to archive.' : `To archive, by day:\n${days.join('\n')}`];
  if (what === 'all')
    parts.push(deleted.length === 0 ? 'No snapshots to delete.' : `To delete:\n  ${deleted.join('\n  ')}`);
  if (held_back.length > 0)
    parts.push(
      `Due, but held back, because the clock jumped ahead and has not been confirmed (--confirm-clock):\n  ${held_back.join('\n  ')}`,
    );
  if (kept.length > 0) parts.push(keptTable(kept, width));
  return parts.join('\n');
}

const keptTable = (kept: readonly KeptSnapshot[], width: number | undefined): string =>
  table(
    [
      { title: 'STAYS', value: ({ id }) => id },
      { title: 'BECAUSE', value: ({ reasons }) => reasons.map(reasonInWords).join('; '), flexible: true },
    ],
    kept,
    width,
  );

const REASONS: Record<string, (snapshot: string) => string> = {
  within_retention: () => 'it is within the retention time',
  dated_ahead: () => 'its date is in the future',
  newest: () => 'it is one of the newest of its plan',
  pinned: () => 'it is pinned',
  part_of: (snapshot) => `it is a part of ${snapshot}`,
  base_of: (snapshot) => `${snapshot} needs it`,
};

function reasonInWords(reason: string): string {
  const [name = '', snapshot = ''] = reason.split(':');
  return REASONS[name]?.(snapshot) ?? reason;
}
