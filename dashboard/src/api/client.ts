import createClient from 'openapi-fetch';
import { computed, ref } from 'vue';
import { ApiError } from './api-error.js';
import type { paths } from './schema.js';
import { endSession, session } from './session.js';

const waiting = ref(0);
/** A restore is replacing the data, and requests wait for its end instead of failing. */
export const maintenance = computed(() => waiting.value > 0);

export const BACKUPS = '/admin/database/backups';

/** The HTTP API, typed by its OpenAPI document. Calls go through {@link answer}. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: send });

/** Sends a request as the person who is signed in, and waits out a restore. */
export async function send(request: Request): Promise<Response> {
  const token = session.value?.token;
  if (token) request.headers.set('Authorization', `Bearer ${token}`);
  let response = await attempt(request.clone());
  let retryAfter = await maintenanceDelay(response);
  if (retryAfter !== undefined) {
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
  }
  judgeSession(response.status, token);
  return response;
}

/** What an earlier session asked for says nothing about this one. */
function judgeSession(status: number, token: string | undefined): void {
  if (token === undefined || session.value?.token !== token) return;
  if (status === 401) endSession('expired');
  if (status === 403) endSession('forbidden');
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
