/** Items `from`…`to` (exclusive) of the base were replaced by `added`. */
export interface Region<T> {
  from: number;
  to: number;
  added: T[];
}

/**
 * Aligns a sequence, as it comes, with a base sequence that is known by its keys: an item is matched with the next base item of the same key. What lies
 * between two matches is a region. Greedy, so a region may be larger than it needs to be, and always right: the base with its regions replaced is
 * the sequence.
 */
export class Aligner<T> {
  private readonly positions = new Map<string, number[]>();
  private next = 0;
  private pending: T[] = [];

  constructor(private readonly base: readonly string[]) {
    base.forEach((key, position) => {
      const known = this.positions.get(key);
      if (known) known.push(position);
      else this.positions.set(key, [position]);
    });
  }

  /** @returns the region before this item, if it ends one */
  push(key: string, item: T): Region<T> | null {
    const match = this.nextPosition(key);
    if (match === undefined) {
      this.pending.push(item);
      return null;
    }
    const region = this.regionUpTo(match);
    this.next = match + 1;
    return region;
  }

  /** Gives out what is pending as an insertion, so that it need not be kept; the base items stay available for matches. */
  flush(): Region<T> | null {
    return this.regionUpTo(this.next);
  }

  /** The last region; the whole rest of the base belongs to it. */
  end(): Region<T> | null {
    return this.regionUpTo(this.base.length);
  }

  private regionUpTo(to: number): Region<T> | null {
    const region = { from: this.next, to, added: this.pending };
    this.next = to;
    this.pending = [];
    return region.to > region.from || region.added.length > 0 ? region : null;
  }

  private nextPosition(key: string): number | undefined {
    const positions = this.positions.get(key);
    if (!positions) return undefined;
    // Passed positions never come back, so each is looked at once.
    let passed = 0;
    while (passed < positions.length && positions[passed]! < this.next) passed++;
    if (passed > 0) positions.splice(0, passed);
    return positions[0];
  }
}
