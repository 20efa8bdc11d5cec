/** Until when a session would have lasted, in milliseconds since 1970, by its id. */
type Ended = Record<string, number>;

const KEY = 'backups.ended';

/** Tells all tabs that hold the session, those that sleep too, that somebody has signed out. */
export function noteEnd({ id, expiresAt }: { id: string; expiresAt: number }): void {
  const lasting = Object.entries(ended()).filter(([, until]) => until > Date.now());
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...Object.fromEntries(lasting), [id]: expiresAt }));
  } catch {
    // A browser that keeps nothing: the other tabs go on until the session expires.
  }
}

export const isEnded = (id: string): boolean => Object.hasOwn(ended(), id);

/** Calls whenever another tab may have noted an end. */
export function onEndElsewhere(check: () => void): void {
  addEventListener('storage', ({ key }) => {
    if (key === KEY) check();
  });
  // A page that slept was told nothing.
  addEventListener('pageshow', check);
  document.addEventListener('visibilitychange', check);
}

function ended(): Ended {
  try {
    return (JSON.parse(localStorage.getItem(KEY) ?? 'null') as Ended | null) ?? {};
  } catch {
    return {};
  }
}
