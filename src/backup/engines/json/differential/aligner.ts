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
  /** First position of each key that has not been passed yet. */
  private readonly positions = new Map<string, number>();
  /** For each position, the next one of the same key. */
  private readonly following: (number | undefined)[];
  private next = 0;
  private pending: T[] = [];

  constructor(private readonly base: readonly string[]) {
    this.following = new Array<number | undefined>(base.length);
    for (let position = base.length - 1; position >= 0; position--) {
      const key = base[position]!;
      this.following[position] = this.positions.get(key);
      this.positions.set(key, position);
    }
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
    const known = this.positions.get(key);
    if (known === undefined || known >= this.next) return known;
    // Passed positions never come back, so each is looked at once.
    let position: number | undefined = known;
    while (position !== undefined && position < this.next) position = this.following[position];
    if (position === undefined) this.positions.delete(key);
    else this.positions.set(key, position);
    return position;
  }
}
