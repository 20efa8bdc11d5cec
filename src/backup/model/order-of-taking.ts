/** What the order in which snapshots were taken depends on. */
export interface TakenSnapshot {
  id: string;
  created_at: string;
  /** Null in snapshots of versions that did not count. */
  sequence: number | null;
}

/**
 * Where each snapshot stands in the order of taking, by id: the sequence number, which no clock can change. A snapshot without one stands behind the highest
 * numbered one whose time is not later than its own, by half a place; among those with equal places the time decides, then the id.
 */
export function placesInOrder(snapshots: readonly TakenSnapshot[]): Map<string, number> {
  const byTime = [...snapshots].sort((a, b) => timeOf(a) - timeOf(b));
  const places = new Map<string, number>();
  let highest = 0;
  for (let from = 0, to = 0; from < byTime.length; from = to) {
    while (to < byTime.length && timeOf(byTime[to]!) === timeOf(byTime[from]!)) to++;
    const together = byTime.slice(from, to);
    highest = Math.max(highest, ...together.map(({ sequence }) => sequence ?? 0));
    for (const { id, sequence } of together) places.set(id, sequence ?? highest + 0.5);
  }
  return places;
}

/** The same snapshots, the one that was taken last first. */
export function takenLastFirst<S extends TakenSnapshot>(snapshots: readonly S[]): S[] {
  const places = placesInOrder(snapshots);
  return [...snapshots].sort(
    (a, b) => places.get(b.id)! - places.get(a.id)! || timeOf(b) - timeOf(a) || (a.id < b.id ? 1 : -1),
  );
}

const timeOf = ({ created_at }: TakenSnapshot): number => Date.parse(created_at);
