import createClient from 'openapi-fetch';
import { ref } from 'vue';
import { ApiError } from './api-error.js';
import type { paths } from './schema.js';
import { endSession, session } from './session.js';

/** A restore is replacing the data. Requests wait for its end instead of failing. */
export const maintenance = ref(false);

export const BACKUPS = '/admin/database/backups';

/** The HTTP API, typed by its OpenAPI document. Calls go through {@link answer}. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: send });

/** Sends a request as the person who is signed in, and waits out a restore. */
export async function send(request: Request): Promise<Response> {
  const token = session.value?.token;
  if (token) request.headers.set('Authorization', `Bearer ${token}`);
  for (;;) {
    const response = await attempt(request.clone());
    // What an earlier session asked for says nothing about this one.
    const isCurrent = token !== undefined && session.value?.token === token;
    if (response.status === 401 && isCurrent) endSession('expired');
    if (response.status === 403 && isCurrent) endSession('forbidden');
    const retryAfter = await maintenanceDelay(response);
    maintenance.value = retryAfter !== undefined;
    if (retryAfter === undefined) return response;
    await delay(retryAfter, request.signal);
  }
}

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
  const body = (await response
    .clone()
    .json()
    .catch(() => null)) as { error_code?: string } | null;
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
