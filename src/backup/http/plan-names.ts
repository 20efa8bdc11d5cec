import { ValidateBy } from 'class-validator';

const MOST = 50;

/** A list of names of plans, each once, or the word `all`. */
export const PlanNames = (): PropertyDecorator =>
  ValidateBy({
    name: 'planNames',
    validator: {
      validate: (value: unknown) => value === 'all' || isListOfNames(value),
      defaultMessage: () => `must be "all", or a list of 1 to ${MOST} names of plans, each once`,
    },
  });

const isListOfNames = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length >= 1 &&
  value.length <= MOST &&
  new Set(value).size === value.length &&
  value.every((name) => typeof name === 'string' && name.length <= 100);
