import { CannotStart } from './cannot-start.js';

/**
 * Reads environment variables and collects what is wrong with them, so that all mistakes are told at once.
 * No value is ever repeated in a message: any of them may be a secret put in the wrong place.
 */
export class Variables {
  private readonly problems: string[] = [];

  constructor(private readonly source: NodeJS.ProcessEnv) {}

  has(name: string): boolean {
    return this.source[name] !== undefined;
  }

  report(name: string, problem: string): void {
    this.problems.push(`${name} ${problem}.`);
  }

  refuseUnknown(prefix: string, known: readonly string[]): void {
    for (const name of Object.keys(this.source).sort()) {
      if (name.startsWith(prefix) && !known.includes(name)) {
        this.report(name, `is not a known variable; known variables: ${known.join(', ')}`);
      }
    }
  }

  /** @param parse throws a RangeError that says what is allowed */
  optional<T>(name: string, parse: (text: string) => T): T | undefined {
    const text = this.source[name];
    if (text === undefined) return undefined;
    if (text.trim() === '') {
      this.report(name, 'is empty: set a value or remove it');
      return undefined;
    }
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.report(name, error.message);
      return undefined;
    }
  }

  /** A wrong value is reported and reads as the default, so that the rest can be checked too. */
  read<T>(name: string, fallback: string, parse: (text: string) => T): T {
    return this.optional(name, parse) ?? parse(fallback);
  }

  text(name: string, fallback: string): string {
    return this.read(name, fallback, (text) => text.trim());
  }

  wholeNumber(name: string, fallback: number, { min, max }: { min: number; max: number }): number {
    return this.read(name, String(fallback), (text) => {
      const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
      if (value >= min && value <= max) return value;
      throw new RangeError(`must be a whole number from ${min} to ${max}`);
    });
  }

  onOff(name: string, fallback: 'on' | 'off'): boolean {
    return this.read(name, fallback, (text) => {
      if (text === 'on' || text === 'off') return text === 'on';
      throw new RangeError('must be "on" or "off"');
    });
  }

  throwIfAnyIsWrong(): void {
    if (this.problems.length === 0) return;
    throw new CannotStart(
      `Invalid environment variables:\n${this.problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
  }
}
