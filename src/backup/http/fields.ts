import { BackupError, type FieldError } from '../model/errors.js';
import type { Rule } from '../model/rule.js';
import { unreadablePart } from '../model/request-parts.js';
import { ApiProperty, ApiPropertyOptional } from './openapi.js';

interface Field {
  rule: Rule;
  isRequired: boolean;
  /** What OpenAPI says of it. */
  description: FieldDescription;
}

export type FieldDescription = Record<string, unknown>;

type Fields = Readonly<Record<string, Field>>;

/** A body, or the parameters of a query: its fields are declared with {@link Required} and {@link Optional}, their defaults as initial values. */
export type Fielded<T extends object = object> = new () => T;

const declared = new WeakMap<object, Fields>();

/** With those of the types that it extends. */
const fieldsOf = (prototype: object | null): Fields =>
  prototype === null ? {} : (declared.get(prototype) ?? fieldsOf(Object.getPrototypeOf(prototype) as object | null));

const declare =
  (isRequired: boolean) =>
  (rule: Rule, documentation: FieldDescription = {}): PropertyDecorator =>
  (prototype, name) => {
    const description = { ...rule.schema, ...documentation };
    const field = { rule, isRequired, description };
    declared.set(prototype, { ...fieldsOf(prototype), [String(name)]: field });
    (isRequired ? ApiProperty : ApiPropertyOptional)(description)(prototype, name);
  };

/** A field that must be there, or whose default is refused elsewhere. */
export const Required = declare(true);
/** A field that may be absent, but not null. */
export const Optional = declare(false);

/** Every field of a type, with whether it must be there and what OpenAPI says of it. */
export const descriptionsOf = ({
  prototype,
}: Fielded): { name: string; required: boolean; schema: FieldDescription }[] =>
  Object.entries(fieldsOf(prototype as object)).map(([name, { isRequired, description }]) => ({
    name,
    required: isRequired,
    schema: description,
  }));

/** @throws BackupError `VALIDATION_FAILED` naming every field that is wrong, missing or unknown */
export function readBody<T extends object>(type: Fielded<T>, body: unknown): T {
  if (body === undefined || body === null) return readFields(type, {});
  if (typeof body !== 'object' || Array.isArray(body))
    throw invalid([{ field: 'body', message: 'must be a JSON object' }]);
  return readFields(type, body);
}

/** Texts become the values they stand for. @throws BackupError `VALIDATION_FAILED` naming every field that is wrong, missing or unknown */
export function readQuery<T extends object>(type: Fielded<T>, query: object): T {
  const fields = fieldsOf(type.prototype as object);
  const values = Object.entries(query).map(([name, value]: [string, unknown]) => {
    const rule = Object.hasOwn(fields, name) ? fields[name]?.rule : undefined;
    return [name, typeof value === 'string' && rule?.read ? rule.read(value) : value] as const;
  });
  return readFields(type, Object.fromEntries(values));
}

function readFields<T extends object>(type: Fielded<T>, values: object): T {
  const unreadable = unreadablePart(values);
  if (unreadable) throw invalid([unreadable]);
  const result = new type();
  const fields = fieldsOf(type.prototype as object);
  const faults: FieldError[] = Object.keys(values)
    .filter((name) => !Object.hasOwn(fields, name))
    .map((field) => ({ field, message: 'is not a field of this request' }));
  for (const [field, { rule, isRequired }] of Object.entries(fields)) {
    if (Object.hasOwn(values, field)) Object.assign(result, { [field]: (values as Record<string, unknown>)[field] });
    const value = (result as Record<string, unknown>)[field];
    if (value === undefined && !isRequired) continue;
    const message = rule.faultOf(value);
    if (message !== undefined)
      faults.push({ field, message: value === undefined ? `is missing; it ${message}` : message });
  }
  if (faults.length > 0) throw invalid(faults);
  return result;
}

/** The error for fields that are wrong. */
export function invalid(errors: FieldError[]): BackupError {
  const faults = errors.map(({ field, message }) => `"${field}" ${message}`).join('; ');
  return new BackupError('VALIDATION_FAILED', `The request is not valid: ${faults}.`, { errors });
}
