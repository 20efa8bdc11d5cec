/** Runs items strictly one at a time: urgent ones before the others, otherwise in the order they came. */
export class Lane<T> {
  private readonly waiting: { item: T; urgent: boolean }[] = [];
  private current: T | undefined;

  /** @param run must not reject */
  constructor(private readonly run: (item: T) => Promise<void>) {}

  get running(): T | undefined {
    return this.current;
  }

  add(item: T, urgent = false): void {
    const firstOrdinary = this.waiting.findIndex((other) => !other.urgent);
    const position = urgent && firstOrdinary >= 0 ? firstOrdinary : this.waiting.length;
    this.waiting.splice(position, 0, { item, urgent });
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
