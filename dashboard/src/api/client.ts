import createClient from 'openapi-fetch';
import { computed, ref } from 'vue';
import { ApiError } from './api-error.js';
import { hostToken } from './host-token.js';
import type { paths } from './schema.js';
import { apiUrl, servedAs } from './served-as.js';
import { endSession, session, type Session } from './session.js';

const waiting = ref(0);
/** A restore is replacing the data, and requests wait for its end instead of failing. */
export const maintenance = computed(() => waiting.value > 0);

export const BACKUPS = '/admin/database/backups';

/** The HTTP API, typed by its OpenAPI document. Calls go through {@link answer}. */
export const api = createClient<paths>({ baseUrl: apiUrl('').href.replace(/\/$/, ''), fetch: send });

/** Sends a request as the person who is signed in, and waits out a restore. */
export async function send(request: Request): Promise<Response> {
  const asking = session.value;
  const token = await currentToken();
  let response = await sendWith(token, request);
  if (response.status === 401 && token !== null) {
    const renewed = await currentToken(token);
    if (renewed !== null && renewed !== token) response = await sendWith(renewed, request);
  }
  await judgeSession(response, request.method, asking);
  return response;
}

/** @param refused one that the server no longer takes */
async function currentToken(refused?: string): Promise<string | null> {
  if (servedAs.signIn.form === undefined) return hostToken(servedAs.signIn, waitOutRestore, refused);
  return session.value?.account ? session.value.token : null;
}

function sendWith(token: string | null, request: Request): Promise<Response> {
  const sent = request.clone();
  if (token !== null) sent.headers.set('Authorization', `Bearer ${token}`);
  // No page of another origin can send it unless the server agrees beforehand, whatever cookies the browser adds.
  sent.headers.set('X-Requested-With', 'nestjs-backup');
  return waitOutRestore(sent);
}

async function waitOutRestore(request: Request): Promise<Response> {
  let response = await attempt(request.clone());
  let retryAfter = await maintenanceDelay(response);
  if (retryAfter === undefined) return response;
  // Counted, for the requests that a restore lets through are answered meanwhile.
  waiting.value += 1;
  try {
    while (retryAfter !== undefined) {
      await delay(retryAfter, request.signal);
      response = await attempt(request.clone());
      retryAfter = await maintenanceDelay(response);
    }
  } finally {
    waiting.value -= 1;
  }
  return response;
}

/** What was asked for in an earlier session says nothing about this one. */
async function judgeSession(response: Response, method: string, asking: Session | null): Promise<void> {
  if (asking === null || session.value !== asking) return;
  if (response.status === 401) endSession('expired');
  if (response.status !== 403) return;
  if (asking.account) endSession('forbidden');
  // An application may let somebody look and not touch: then whatever was asked for says that it was refused.
  else if (method === 'GET') endSession('forbidden', ApiError.of(403, await bodyOf(response)).message);
}

const bodyOf = (response: Response): Promise<unknown> =>
  response
    .clone()
    .json()
    .catch(() => null);

/** The body of a successful answer. @throws ApiError with what the server said */
export async function answer<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw ApiError.of(response.status, error);
  return data as T;
}

async function attempt(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    request.signal.throwIfAborted();
    throw ApiError.unreachable(error);
  }
}

/** Milliseconds to wait, where the answer is that a restore runs. */
async function maintenanceDelay(response: Response): Promise<number | undefined> {
  if (response.status !== 503) return undefined;
  const body = (await bodyOf(response)) as { error_code?: string } | null;
  if (body?.error_code !== 'MAINTENANCE') return undefined;
  return (Number(response.headers.get('Retry-After')) || 5) * 1000;
}

export function delay(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new DOMException('The page stopped waiting.', 'AbortError'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
