/** `first` before `ordinary`, those before `last`. */
export type Turn = 'first' | 'ordinary' | 'last';

const ORDER: readonly Turn[] = ['first', 'ordinary', 'last'];

/** What may run at the same time. */
export interface LaneRules<T> {
  most: number;
  /** Whether nothing at all may run beside it. */
  isAlone(item: T): boolean;
  /** Whether two that need not be alone get in each other's way. */
  collide(item: T, other: T): boolean;
}

const ONE_AT_A_TIME: LaneRules<unknown> = { most: 1, isAlone: () => true, collide: () => true };

/**
 * Runs items by their turn, and those of one turn in the order they came: one at a time, or as many side by side as the rules let. An item begins when it may run beside all that run
 * and all that wait before it. So it waits for none that it does not collide with, and nothing that comes later in the order keeps it waiting.
 */
export class Lane<T> {
  private readonly waiting: { item: T; turn: Turn }[] = [];
  private readonly begun = new Set<T>();

  /** @param run must not reject */
  constructor(
    private readonly run: (item: T) => Promise<void>,
    private readonly rules: LaneRules<T> = ONE_AT_A_TIME,
  ) {}

  /** The one that began first is first. */
  get running(): T[] {
    return [...this.begun];
  }

  add(item: T, turn: Turn = 'ordinary'): void {
    const later = this.waiting.findIndex((other) => ORDER.indexOf(other.turn) > ORDER.indexOf(turn));
    this.waiting.splice(later < 0 ? this.waiting.length : later, 0, { item, turn });
    this.next();
  }

  /** Takes an item out that has not begun. @returns whether it was still waiting */
  remove(item: T): boolean {
    const position = this.waiting.findIndex((other) => other.item === item);
    if (position < 0) return false;
    this.waiting.splice(position, 1);
    this.next(); // others may have waited for it
    return true;
  }

  private next(): void {
    const beginning = this.mayBegin();
    for (const item of beginning) this.begun.add(item);
    this.keepPlace();
    for (const item of beginning) {
      void this.run(item).finally(() => {
        this.begun.delete(item);
        this.next();
      });
    }
  }

  /** Takes those out of the waiting that may begin now. */
  private mayBegin(): T[] {
    const beginning: T[] = [];
    const before = this.running;
    for (const waiting of [...this.waiting]) {
      if (this.begun.size + beginning.length >= this.rules.most) break;
      if (before.every((other) => this.mayRunBeside(waiting.item, other))) {
        this.waiting.splice(this.waiting.indexOf(waiting), 1);
        beginning.push(waiting.item);
      }
      before.push(waiting.item);
    }
    return beginning;
  }

  /** One that has to be alone, and is next once those have ended that run side by side: others that would begin beside them come after it now, unless their turn is the first. */
  private keepPlace(): void {
    const [next] = this.waiting;
    if (next?.turn !== 'last' || !this.rules.isAlone(next.item)) return;
    if (this.running.some((item) => !this.rules.isAlone(item))) next.turn = 'ordinary';
  }

  private mayRunBeside(item: T, other: T): boolean {
    return ![item, other].some((one) => this.rules.isAlone(one)) && !this.rules.collide(item, other);
  }
}
