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
  return placesOf(snapshots.map(timed));
}

function placesOf(snapshots: readonly Timed<TakenSnapshot>[]): Map<string, number> {
  const byTime = [...snapshots].sort((a, b) => a.time - b.time);
  const places = new Map<string, number>();
  let highest = 0;
  for (let from = 0, to = 0; from < byTime.length; from = to) {
    while (to < byTime.length && byTime[to]!.time === byTime[from]!.time) to++;
    const together = byTime.slice(from, to).map(({ snapshot }) => snapshot);
    highest = Math.max(highest, ...together.map(({ sequence }) => sequence ?? 0));
    for (const { id, sequence } of together) places.set(id, sequence ?? highest + 0.5);
  }
  return places;
}

/** The same snapshots, the one that was taken last first. */
export function takenLastFirst<S extends TakenSnapshot>(snapshots: readonly S[]): S[] {
  const all = snapshots.map(timed);
  const places = placesOf(all);
  return all
    .map(({ snapshot, time }) => ({ snapshot, time, place: places.get(snapshot.id)! }))
    .sort((a, b) => b.place - a.place || b.time - a.time || (a.snapshot.id < b.snapshot.id ? 1 : -1))
    .map(({ snapshot }) => snapshot);
}

/** Its time is read once, since sorting tens of thousands looks at each a dozen times. */
interface Timed<S> {
  snapshot: S;
  time: number;
}

const timed = <S extends TakenSnapshot>(snapshot: S): Timed<S> => ({ snapshot, time: Date.parse(snapshot.created_at) });
