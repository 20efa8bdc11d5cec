/** What one archive may hold: a year of snapshots every minute would be more, but one archive is one day. */
export const MAX_ENTRIES = 100_000;

const MAX_NAME_BYTES = 200;

/**
 * Why an entry must not have this name, or undefined if it may. Archives are flat and their names are plain on every file
 * system, whoever unpacks them: no folders, no drive letters, nothing invisible. The writer obeys the same rule.
 */
export function faultOfName(name: string): string | undefined {
  if (name === '') return 'an entry has an empty name';
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `an entry's name is longer than ${MAX_NAME_BYTES} bytes`;
  if (/[/\\:]/.test(name)) return "an entry's name holds a path (/, \\ or :)";
  if (name.includes('..') || name === '.') return "an entry's name points to another folder (..)";
  if (/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u.test(name)) return "an entry's name holds a control or invisible character";
  if (/^\s|[.\s]$/.test(name)) return "an entry's name begins or ends with a character that file systems drop";
  return undefined;
}

/** Equal for names that some file system would take for the same file. */
export const foldName = (name: string): string => name.normalize('NFKC').toLowerCase();

/** Byte order of UTF-8, which is how every tool sorts the names alike. */
export const byName = (a: { name: string }, b: { name: string }): number =>
  Buffer.compare(Buffer.from(a.name), Buffer.from(b.name));
