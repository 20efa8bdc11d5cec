/**
 * A path, a name or the target of a link as its bytes, one character for each (latin1). File names on Linux are bytes, which need not be text; in this
 * form nothing is lost, and `<` compares them in byte order.
 */
export type BytePath = string;

/** A path in JSON: its text, or its bytes in hexadecimal where they are not valid UTF-8. */
export type PathText = string | { $hex: string };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
// eslint-disable-next-line no-control-regex -- all of ASCII
const ASCII = /^[\x00-\x7f]*$/;
const LONE_SURROGATE = /\p{Cs}/u;
const SLASH = 0x2f;

export const bytePath = (text: string): BytePath => (ASCII.test(text) ? text : Buffer.from(text).toString('latin1'));

/** As the functions of `fs` take it. */
export const pathBytes = (path: BytePath): Buffer => Buffer.from(path, 'latin1');

export function pathText(path: BytePath): PathText {
  return decoded(path) ?? { $hex: pathBytes(path).toString('hex').toUpperCase() };
}

/** The reverse of {@link pathText}; undefined for anything that is neither of its forms. */
export function parsePathText(value: unknown): BytePath | undefined {
  if (typeof value === 'string') return LONE_SURROGATE.test(value) ? undefined : bytePath(value);
  const { $hex: hex } = (value ?? {}) as { $hex?: unknown };
  if (typeof hex !== 'string' || !/^(?:[0-9A-F]{2})+$/.test(hex)) return undefined;
  return Buffer.from(hex, 'hex').toString('latin1');
}

export const isUtf8 = (path: BytePath): boolean => decoded(path) !== undefined;

/** For people and for patterns: what is not valid UTF-8 becomes U+FFFD. */
export const readable = (path: BytePath): string => (ASCII.test(path) ? path : pathBytes(path).toString('utf8'));

/**
 * The order of a walk that visits the names of each folder in byte order, and a folder's content right after the folder itself: as if the slash came
 * before every other byte.
 */
export function comparePaths(a: BytePath, b: BytePath): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (left !== right) return (left === SLASH ? -1 : left) - (right === SLASH ? -1 : right);
  }
  return a.length - b.length;
}

/** Whether a path lies below a folder. */
export const isBelow = (path: BytePath, folder: BytePath): boolean =>
  path.length > folder.length && path.startsWith(folder) && path.charCodeAt(folder.length) === SLASH;

function decoded(path: BytePath): string | undefined {
  if (ASCII.test(path)) return path;
  try {
    return utf8.decode(pathBytes(path));
  } catch {
    return undefined;
  }
}
