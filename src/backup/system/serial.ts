/** Runs steps one after the other, in the order they were asked for; one that fails does not hold up the next. */
export class Serial {
  private last: Promise<unknown> = Promise.resolve();

  run<T>(step: () => Promise<T>): Promise<T> {
    const result = this.last.then(step);
    this.last = result.catch(() => undefined);
    return result;
  }
}
