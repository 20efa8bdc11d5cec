/** `first` before `ordinary`, those before `last`. */
export type Turn = 'first' | 'ordinary' | 'last';

const ORDER: readonly Turn[] = ['first', 'ordinary', 'last'];

/** Runs items strictly one at a time: by their turn, and those of one turn in the order they came. */
export class Lane<T> {
  private readonly waiting: { item: T; turn: Turn }[] = [];
  private current: T | undefined;

  /** @param run must not reject */
  constructor(private readonly run: (item: T) => Promise<void>) {}

  get running(): T | undefined {
    return this.current;
  }

  add(item: T, turn: Turn = 'ordinary'): void {
    const later = this.waiting.findIndex((other) => ORDER.indexOf(other.turn) > ORDER.indexOf(turn));
    this.waiting.splice(later < 0 ? this.waiting.length : later, 0, { item, turn });
    this.next();
  }

  /** Takes an item out that has not begun. @returns whether it was still waiting */
  remove(item: T): boolean {
    const position = this.waiting.findIndex((other) => other.item === item);
    if (position >= 0) this.waiting.splice(position, 1);
    return position >= 0;
  }

  private next(): void {
    if (this.current !== undefined) return;
    const first = this.waiting.shift();
    if (!first) return;
    this.current = first.item;
    void this.run(first.item).finally(() => {
      this.current = undefined;
      this.next();
    });
  }
}
