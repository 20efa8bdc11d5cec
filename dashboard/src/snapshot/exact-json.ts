type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown;

/**
 * Reads JSON without losing digits: a number that JavaScript cannot hold, such as a 64-bit id, comes as the text that stands
 * in the document. A browser that does not tell that text gives the nearest number.
 */
export const exactJson = (text: string): unknown => JSON.parse(text, keepDigits);

const keepDigits: Reviver = (_, value, context) =>
  typeof value === 'number' && context?.source !== undefined && context.source !== String(value)
    ? context.source
    : value;
