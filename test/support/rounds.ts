/** `npm run test:long` runs what chance decides more often, and with another seed each time. */
const isLong = process.env['LONG'] === '1';

/** Decides everything that looks random in the tests, which are the same at every run. `SEED=… npx vitest run …` repeats a long run. */
export const SEED = Number(process.env['SEED'] ?? 20_260_130);

/** How often to do what every round may find something new in. */
export const rounds = (usually: number, long: number): number => (isLong ? long : usually);

/** So many of them, spread evenly; all of them in a long run. */
export const some = <T>(list: readonly T[], usually: number): readonly T[] =>
  isLong ? list : Array.from({ length: usually }, (_, n) => list[Math.floor((n * list.length) / usually)]!);
