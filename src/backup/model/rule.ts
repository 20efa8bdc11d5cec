import type { FieldError } from './errors.js';

/** What a value from outside must be. */
export interface Rule {
  /** What is wrong with a value, in words that follow the name of its field; undefined when nothing is. */
  faultOf(value: unknown): string | undefined;
  /** The same for readers of the API, as a part of a JSON schema. */
  schema: Record<string, unknown>;
  /** In a query, where everything is text: the value that a text stands for, or the text itself where it stands for none. @default the text */
  read?(text: string): unknown;
}

/** @param longest in characters */
export const text = (longest?: number): Rule => ({
  faultOf: (value) => {
    if (typeof value !== 'string') return 'must be a string';
    return longest !== undefined && value.length > longest
      ? `must not be longer than ${longest} characters`
      : undefined;
  },
  schema: { type: 'string', ...(longest === undefined ? {} : { maxLength: longest }) },
});

/** A text of a certain form. @param what follows "must be" */
export const textLike = (matches: (text: string) => boolean, what: string): Rule => ({
  faultOf: (value) => (typeof value === 'string' && matches(value) ? undefined : `must be ${what}`),
  schema: { type: 'string' },
});

export const flag = (): Rule => ({
  faultOf: (value) => (typeof value === 'boolean' ? undefined : 'must be true or false'),
  schema: { type: 'boolean' },
  read: (text) => (text === 'true' ? true : text === 'false' ? false : text),
});

/** In a query exactly digits: `1e9`, `-1` and ` 1` are no numbers there. */
export const wholeNumber = (minimum: number, maximum: number): Rule => ({
  faultOf: (value) =>
    Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum
      ? undefined
      : `must be a whole number from ${minimum} to ${maximum}`,
  schema: { type: 'integer', minimum, ...(maximum < Number.MAX_SAFE_INTEGER ? { maximum } : {}) },
  read: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : text),
});

export const oneOf = (values: readonly string[]): Rule => ({
  faultOf: (value) =>
    typeof value === 'string' && values.includes(value) ? undefined : `must be one of ${values.join(', ')}`,
  schema: { type: 'string', enum: values },
});

/** An object that has some of these fields and no others. @param what it is, such as "an object with a level" */
export const objectOf = (fields: Readonly<Record<string, Rule>>, what: string): Rule => ({
  faultOf: (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return `must be ${what}`;
    const unknown = Object.keys(value).find((field) => !Object.hasOwn(fields, field));
    if (unknown !== undefined) return `must be ${what}; "${unknown}" is not one of its fields`;
    const [fault] = faultsOf(fields, value);
    return fault && `must be ${what}; ${fault.field} ${fault.message}`;
  },
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(Object.entries(fields).map(([field, { schema }]) => [field, schema])),
  },
});

interface ListLimits {
  /** Of entries. @default no limit */
  most?: number;
  /** Of characters in each. @default no limit */
  longest?: number;
  mayBeEmpty?: boolean;
}

/** Texts, each once; in a query a parameter that may be repeated. @param what they are, such as "table names" */
export function listOf(what: string, { most, longest, mayBeEmpty = false }: ListLimits = {}): Rule {
  const length = most === undefined ? 'at least one' : `at least one and at most ${most}`;
  const fault = `must be a list of ${what} without duplicates${mayBeEmpty ? '' : `, ${length}`}`;
  const isEntry = (entry: unknown): boolean =>
    typeof entry === 'string' && entry !== '' && entry.length <= (longest ?? Infinity);
  return {
    faultOf: (value) => {
      if (!Array.isArray(value) || !value.every(isEntry)) return fault;
      if (value.length === 0) return mayBeEmpty ? undefined : fault;
      return value.length > (most ?? Infinity) || new Set(value).size < value.length ? fault : undefined;
    },
    schema: { type: 'array', items: { type: 'string' } },
    read: (text) => [text],
  };
}

const INSTANT = /^(\d{4})-(\d\d)-(\d\d)(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

/** A UTC day, or a time with its offset. In a query it becomes UTC with milliseconds, as snapshots have it, so that text compares like time. */
export const instant = (): Rule => ({
  faultOf: (value) =>
    typeof value === 'string' && isInstant(value)
      ? undefined
      : 'must be a day (2026-01-30) or a time with its offset (2026-01-30T12:00:00Z)',
  schema: { type: 'string', format: 'date-time' },
  read: (text) => (isInstant(text) ? new Date(text).toISOString() : text),
});

/** `Date` alone takes the 30th of February for the 2nd of March. */
function isInstant(text: string): boolean {
  const [, year, month, day] = INSTANT.exec(text) ?? [];
  if (Number.isNaN(Date.parse(text))) return false;
  return Number(day) <= new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
}

/** What the rule says, or null. */
export const nullOr = (rule: Rule): Rule => ({
  faultOf: (value) => (value === null ? undefined : rule.faultOf(value)),
  schema: { ...rule.schema, nullable: true },
});

/** What is wrong with each field that has a rule; one that is absent is not. */
export function faultsOf(rules: Readonly<Record<string, Rule>>, values: object): FieldError[] {
  return Object.entries(rules).flatMap(([field, rule]) => {
    const value = (values as Record<string, unknown>)[field];
    const message = value === undefined ? undefined : rule.faultOf(value);
    return message === undefined ? [] : [{ field, message }];
  });
}
