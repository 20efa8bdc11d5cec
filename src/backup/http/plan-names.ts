import type { Rule } from '../model/rule.js';

const MOST = 50;

/** A list of names of plans, each once, or the word `all`. */
export const planNames: Rule = {
  faultOf: (value) =>
    value === 'all' || isListOfNames(value)
      ? undefined
      : `must be "all", or a list of 1 to ${MOST} plan names without duplicates`,
  schema: {
    oneOf: [
      { type: 'array', items: { type: 'string' } },
      { type: 'string', enum: ['all'] },
    ],
  },
};

const isListOfNames = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length >= 1 &&
  value.length <= MOST &&
  new Set(value).size === value.length &&
  value.every((name) => typeof name === 'string' && name.length <= 100);
