import type { ListedFile } from '../api/types.js';

type Path = ListedFile['path'];

/** A path as the API takes it back: one that is no text as JSON. */
export const parameterOf = (path: Path): string => (typeof path === 'string' ? path : JSON.stringify(path));

/** For people: what is no text in a path becomes U+FFFD. */
export function shownPath(path: Path | null): string {
  if (path === null || typeof path === 'string') return path ?? '';
  const pairs = path.$hex.match(/../g) ?? [];
  return new TextDecoder().decode(Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16)));
}

/** Whether it has a content. */
export const isDownloadable = ({ type }: ListedFile): boolean => type === 'file' || type === 'hardlink';
