import { BackupError, type FieldError } from './model/errors.js';
import { faultsOf, flag, instant, listOf, nullOr, oneOf, type Rule, text, wholeNumber } from './model/rule.js';
import { assertSnapshotId } from './model/snapshot-id.js';
import { SOURCE_KINDS } from './model/manifest.js';
import { TRIGGER_TYPES } from './model/trigger.js';

/** Not by its class: test environments have one of their own. */
const signal: Rule = {
  faultOf: (value) =>
    typeof (value as Partial<AbortSignal> | null)?.aborted === 'boolean' ? undefined : 'must be an AbortSignal',
  schema: {},
};

const requestedBy = nullOr(text());
const description = nullOr(text());

/** What each method of `Backups` takes. Whoever writes JavaScript, or spreads an object, is told by no compiler. */
const OPTIONS = {
  capture: { plan: text(), kind: oneOf(['full']), description, signal, requestedBy },
  list: {
    page: wholeNumber(1, Number.MAX_SAFE_INTEGER),
    page_size: wholeNumber(1, Number.MAX_SAFE_INTEGER),
    trigger: oneOf(TRIGGER_TYPES),
    kind: oneOf(['full', 'differential']),
    plan: text(),
    source: oneOf(SOURCE_KINDS),
    location: oneOf(['regular', 'archived']),
    archive: text(),
    valid: flag(),
    from: instant(),
    to: instant(),
    q: text(),
  },
  newest: { plan: text(), to: instant() },
  annotate: { description, pinned: flag() },
  verify: { requestedBy },
  diff: { signal },
  restore: {
    tables: listOf('table names'),
    to: text(),
    allowSchemaChanges: flag(),
    trustSchema: flag(),
    skipSafetySnapshot: flag(),
    signal,
    requestedBy,
  },
  rows: { offset: wholeNumber(0, Number.MAX_SAFE_INTEGER), limit: wholeNumber(1, Number.MAX_SAFE_INTEGER) },
  remove: { requestedBy },
  cleanup: { confirmClock: flag(), requestedBy },
} satisfies Record<string, Readonly<Record<string, Rule>>>;

/** The options, times as snapshots have them. @throws BackupError `VALIDATION_FAILED`, naming each one that is wrong or unknown */
export function checkedOptions<Options extends object>(method: keyof typeof OPTIONS, options: Options): Options {
  const rules: Readonly<Record<string, Rule>> = OPTIONS[method];
  const isObject = typeof options === 'object' && (options as object | null) !== null;
  const faults = isObject ? allFaults(rules, options) : ['its options must be an object'];
  if (faults.length > 0) throw new BackupError('VALIDATION_FAILED', `Backups.${method}(): ${faults.join('; ')}.`);
  const read = ([name, value]: [string, unknown]) => [
    name,
    typeof value === 'string' ? (rules[name]!.read?.(value) ?? value) : value,
  ];
  return Object.fromEntries(Object.entries(options).map(read)) as Options;
}

function allFaults(rules: Readonly<Record<string, Rule>>, options: object): string[] {
  const unknown = Object.keys(options).filter((name) => !Object.hasOwn(rules, name));
  const message = `is not an option; known options: ${Object.keys(rules).join(', ')}`;
  const faults: FieldError[] = [...unknown.map((field) => ({ field, message })), ...faultsOf(rules, options)];
  return faults.map((fault) => `"${fault.field}" ${fault.message}`);
}

/** @throws BackupError `SNAPSHOT_NOT_FOUND` */
export function checkedId(id: string): string {
  assertSnapshotId(typeof id === 'string' ? id : '');
  return id;
}

/** @throws BackupError `CANCELLED` */
export function assertNotAborted(given: AbortSignal | undefined): void {
  if (given?.aborted) throw cancelledBy(given);
}

/** In place of the reason of the signal, which may be anything. */
export const cancelledBy = ({ reason }: AbortSignal): BackupError =>
  new BackupError('CANCELLED', 'It was cancelled by its signal.', {}, { cause: reason });
