export interface Day {
  /** `2026-01-30`, UTC. */
  date: string;
  count: number;
  size_bytes: number;
}

/** The last days up to today, oldest first; the API leaves out those of which nothing is kept. */
export function everyDay(kept: Day[], today: Date, days = 30): Day[] {
  const byDate = new Map(kept.map((day) => [day.date, day]));
  return Array.from({ length: days }, (_, index) => {
    const at = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate() - days + 1 + index));
    const date = at.toISOString().slice(0, 10);
    return byDate.get(date) ?? { date, count: 0, size_bytes: 0 };
  });
}

/** Height of a bar from 0 to 1: what is there at all can be seen. */
export const barHeight = (value: number, highest: number): number =>
  value === 0 || highest === 0 ? 0 : Math.max(0.03, value / highest);
