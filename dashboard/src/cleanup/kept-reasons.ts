import type { Cleanup } from '../api/types.js';

/** How many snapshots stay for each reason; `base_of:<id>` counts as `base_of`. The most frequent first. */
export function reasonsOf(kept: NonNullable<Cleanup['kept']>): { reason: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { reasons } of kept) {
    // A base that ten others need is one snapshot all the same.
    for (const reason of new Set(reasons.map((text) => text.split(':')[0]!)))
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count);
}
