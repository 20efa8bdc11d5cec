/** The program cannot start for a reason that the person starting it can remove; the message says which and how. */
export class CannotStart extends Error {
  /** Tells it from a mistake in the program, as the `code` of a system error does. */
  readonly code = 'CANNOT_START';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CannotStart';
  }
}
