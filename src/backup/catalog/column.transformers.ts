import type { ValueTransformer } from 'typeorm';

/** Some drivers give 64-bit columns as strings; sizes stay far below 2^53. */
export const wholeNumber: ValueTransformer = {
  to: (value: number) => value,
  from: (value: number | string | null) => (value === null ? null : Number(value)),
};

/** Booleans as 0 and 1: every database has those. */
export const flag: ValueTransformer = {
  to: (value: boolean | null | undefined) => (typeof value === 'boolean' ? Number(value) : value),
  from: (value: number | null) => (value === null ? null : value !== 0),
};

export const json: ValueTransformer = {
  to: (value: unknown) => (value === null || value === undefined ? value : JSON.stringify(value)),
  from: (value: string | null): unknown => (value === null ? null : JSON.parse(value)),
};
