import type { ErrorBody } from './types.js';

/** What the server refused, in its own words, or that it could not be reached. */
export class ApiError extends Error {
  constructor(
    /** 0 when no answer came. */
    readonly status: number,
    /** Stable name, for programs; see the API documentation. */
    readonly code: string,
    message: string,
    /** The whole answer: bad fields, schema differences, dependents. */
    readonly details: Partial<ErrorBody> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ApiError';
  }

  static unreachable(cause: unknown): ApiError {
    return new ApiError(0, 'UNREACHABLE', 'The server does not answer.', {}, { cause });
  }

  static of(status: number, body: unknown): ApiError {
    const details = (typeof body === 'object' && body !== null ? body : {}) as Partial<ErrorBody>;
    const code = details.error_code ?? `HTTP_${status}`;
    return new ApiError(status, code, details.message ?? `The server answered with status ${status}.`, details);
  }
}

/** Whatever was thrown, as something that can be shown. */
export function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  return new ApiError(
    0,
    'PAGE_ERROR',
    thrown instanceof Error ? thrown.message : String(thrown),
    {},
    { cause: thrown },
  );
}

/** The request was given up by the page itself: nobody waits for its answer. */
export const isAborted = (thrown: unknown): boolean => thrown instanceof DOMException && thrown.name === 'AbortError';
