import type { IncomingHttpHeaders } from 'node:http';
import type { FieldError } from './errors.js';

/** Nothing that any route takes is nested this deep; what walks through a value may rely on it. */
const DEEPEST = 32;

/** Text with NUL characters, which databases and file systems do not store, and values nested too deep. Not recursive: the depth is what it has to survive. */
export function unreadablePart(values: unknown): FieldError | undefined {
  const open: { value: unknown; path: string[] }[] = [{ value: values, path: [] }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, path } = next;
    const field = path.slice(0, 3).join('.');
    if (typeof value === 'string' && value.includes('\0')) return { field, message: 'must not contain NUL characters' };
    if (typeof value !== 'object' || value === null) continue;
    if (path.length >= DEEPEST) return { field, message: `must not be nested deeper than ${DEEPEST} levels` };
    for (const [key, inner] of Object.entries(value)) {
      if (key.includes('\0')) return { field, message: 'must not have names with NUL characters' };
      open.push({ value: inner, path: [...path, key] });
    }
  }
  return undefined;
}

/** Whether a request carries a body that does not say it is JSON. */
export function hasOtherBody(headers: IncomingHttpHeaders): boolean {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return hasBody && !/^application\/json\s*(;|$)/i.test(headers['content-type']?.trim() ?? '');
}
