import { ApiError } from './api-error.js';
import { servedAs, type HostSignIn } from './served-as.js';

let held: string | null = null;
let asking: Promise<string | null> | undefined;

/**
 * The token that the application around the page gives to whoever is signed in there; null where it gives none, or goes by its cookies.
 * @param refused the one that the server has just refused: another is looked for
 * @param send how requests are sent
 * @throws ApiError where the application answers something else
 */
export async function hostToken(
  { tokenUrl, tokenFrom }: HostSignIn,
  send: (request: Request) => Promise<Response>,
  refused: string | null = null,
): Promise<string | null> {
  if (tokenFrom) return globalThis[tokenFrom.storage].getItem(tokenFrom.key);
  if (tokenUrl === undefined) return null;
  if (held !== null && held !== refused) return held;
  asking ??= ask(tokenUrl, send).finally(() => (asking = undefined));
  return (held = await asking);
}

async function ask(tokenUrl: string, send: (request: Request) => Promise<Response>): Promise<string | null> {
  const request = new Request(new URL(tokenUrl, location.origin), { cache: 'no-store', credentials: 'same-origin' });
  const response = await send(request);
  if (response.status === 401 || response.status === 403) return null; // the API says what it is that is missing
  const body = (await response.json().catch(() => null)) as { token?: unknown } | null;
  if (response.ok && typeof body?.token === 'string') return body.token;
  throw new ApiError(
    response.status,
    'NO_TOKEN',
    `GET ${tokenUrl} answered with status ${response.status} and no token.`,
  );
}

/** The page of the application that signs in, and then leads back to `place`. @returns undefined where it has named none */
export function signInAddress(place: string): string | undefined {
  const { signIn } = servedAs;
  if (signIn.form !== undefined || signIn.url === undefined) return undefined;
  const url = new URL(signIn.url, location.origin);
  url.searchParams.set('return_to', place);
  return url.href;
}
