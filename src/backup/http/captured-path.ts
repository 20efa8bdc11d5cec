import { parsePathText, type BytePath } from '../engines/files/byte-path.js';
import { text, type Rule } from '../model/rule.js';

/** A path has 4,096 bytes at most; the longest way to write one is two digits for each. */
const LONGEST = 9000;

/** A query parameter that names a path of a snapshot of files: its text, or `{"$hex":"2F…"}`. Nothing is opened by it; it is compared with the list. */
export const capturedPathRule: Rule = {
  faultOf: (value) => {
    const fault = text(LONGEST).faultOf(value);
    if (fault !== undefined || capturedPath(value as string) !== undefined) return fault;
    return 'must be an absolute path, as the list of files returns it';
  },
  schema: { type: 'string' },
};

/** The bytes of the path without the slashes around them, as lists have it; undefined for what names none. */
export function capturedPath(text: string): BytePath | undefined {
  const path = text.startsWith('/') ? parsePathText(text) : parsePathText(parsed(text));
  if (path === undefined || !path.startsWith('/')) return undefined;
  const name = path.slice(1, path.endsWith('/') ? -1 : undefined);
  return name === '' ? undefined : name;
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}
