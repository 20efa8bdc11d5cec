import picomatch from 'picomatch';
import { BackupError } from '../../model/errors.js';
import { boundedTest } from './bounded-match.js';

/** Whether something is captured; for a folder that is, `included` says that everything in it is too, unless it is excluded. */
export type Selected = { included: boolean } | null;

/**
 * The patterns of a plan, relative to each of its paths: `*.log` is at the top, `logs` a folder there. A pattern that matches a folder stands for everything in
 * it. Files are captured that match one of `include` (all when there are none) and none of `exclude`; folders, unless they are excluded.
 */
export class Selection {
  private readonly isIncluded: (path: string) => boolean;
  private readonly isExcluded: (path: string) => boolean;

  /** @throws BackupError `CONFIG_INVALID` for a pattern that cannot be used */
  constructor(
    private readonly include: readonly string[],
    exclude: readonly string[],
  ) {
    this.isIncluded = matcher(include);
    this.isExcluded = matcher(exclude);
  }

  /** For the captured path itself, which no pattern is about. */
  get root(): { included: boolean } {
    return { included: this.include.length === 0 };
  }

  /**
   * @param path relative to the captured one
   * @param parent what {@link of} said of the folder it lies in
   */
  of(path: string, parent: { included: boolean }, isDirectory: boolean): Selected {
    if (this.isExcluded(path)) return null;
    const included = parent.included || this.isIncluded(path);
    return included || isDirectory ? { included } : null;
  }
}

function matcher(patterns: readonly string[]): (path: string) => boolean {
  try {
    // Names may hold line breaks, which a dot would stop at; and a folder's name that begins with a dot is a name like any other.
    const tests = patterns.map((pattern) =>
      boundedTest(pattern, picomatch(pattern, { dot: true, nonegate: true, flags: 's' })),
    );
    return (path) => tests.some((test) => test(path));
  } catch (error) {
    throw new BackupError(
      'CONFIG_INVALID',
      `The patterns ${JSON.stringify(patterns)} cannot be used: ${(error as Error).message}. Correct the plan.`,
    );
  }
}
