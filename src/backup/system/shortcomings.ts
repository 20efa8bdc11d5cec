/** What a file system that holds backups lacks. Each is told once, and the work goes on without it. */
export interface Shortcoming {
  /** The same for each occurrence. */
  code: 'chmod' | 'fsync_folder' | 'locks' | 'lease_place';
  /** In words: what is missing, what that means, what to do. */
  message: string;
}

type Listener = (shortcoming: Shortcoming) => void;

const known = new Map<Shortcoming['code'], Shortcoming>();
const listeners = new Set<Listener>();

/** Tells those who listen, the first time. */
export function noteShortcoming(shortcoming: Shortcoming): void {
  if (known.has(shortcoming.code)) return;
  known.set(shortcoming.code, shortcoming);
  for (const listener of listeners) listener(shortcoming);
}

/** Hears of what is known already, and of what is found later. @returns how to stop that */
export function onShortcoming(listener: Listener): () => void {
  listeners.add(listener);
  known.forEach((shortcoming) => listener(shortcoming));
  return () => listeners.delete(listener);
}

const UNSUPPORTED = new Set(['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'EBADF', 'EISDIR']);

/** Whether a step failed because the file system does not know it; not because of a disk that fails. */
export const isUnsupported = (error: unknown): boolean =>
  UNSUPPORTED.has(String((error as { code?: unknown } | null)?.code));
