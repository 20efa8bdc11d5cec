import { askForSession, offerSession } from '../api/handover.js';
import { randomNumber } from '../api/random-number.js';
import { servedAs } from '../api/served-as.js';
import { beginSession, session } from '../api/session.js';

/** What a link that is opened in a new tab carries, behind the `#`, which goes to no server. */
const MARK = /^#session=([0-9a-f]{32})$/;
const BASE = servedAs.path;

/** The number that this tab was opened with. Taken out of the address at once, before anything else reads it. */
const number = takeNumber();

function takeNumber(): string | undefined {
  const found = MARK.exec(location.hash)?.[1];
  if (found !== undefined) history.replaceState(history.state, '', location.pathname + location.search);
  return found;
}

/** Signs in whoever came here by a link out of a tab that is signed in. */
export async function takeOverSession(): Promise<void> {
  if (number === undefined || session.value) return;
  const found = await askForSession(number);
  if (found) beginSession(found);
}

/** Lets links that are opened in a new tab, by Ctrl, Shift or the middle button, take the session along. */
export function handOverToNewTabs(): void {
  if (servedAs.signIn.form === undefined) return; // the browser does it
  for (const kind of ['click', 'auxclick'] as const) addEventListener(kind, mark, { capture: true });
}

function mark(event: MouseEvent): void {
  const isOfNewTab = event.type === 'click' ? event.ctrlKey || event.metaKey || event.shiftKey : event.button === 1;
  const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a[href]') : null;
  if (!isOfNewTab || event.altKey || !link || !session.value || !isOurs(link)) return;
  const plain = link.getAttribute('href')!;
  const made = randomNumber();
  offerSession(made);
  link.setAttribute('href', `${plain}#session=${made}`);
  // When the browser has read it; nobody is to copy it.
  setTimeout(() => link.setAttribute('href', plain));
}

const isOurs = ({ origin, pathname, hash, target, download }: HTMLAnchorElement): boolean =>
  origin === location.origin &&
  (pathname === BASE || pathname.startsWith(`${BASE}/`)) &&
  hash + target + download === '';
