import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from './openapi.js';
import type { BackupErrorCode } from '../model/errors.js';
import { ERROR_STATUS } from './error-status.js';
import { ErrorResponse } from './responses/error.response.js';

const OF_EVERY_ROUTE: readonly (readonly [number, string])[] = [
  [401, 'UNAUTHORIZED'],
  [403, 'FORBIDDEN'],
  [500, 'INTERNAL_ERROR'],
];

/** Errors of a job that a client may wait for with `?wait=true`. */
export const CAPTURE_ERRORS = [
  'CANCELLED',
  'DATABASE_LOCKED',
  'DATABASE_UNAVAILABLE',
  'DISK_FULL',
  'ENGINE_FAILED',
  'FOLDER_NOT_WRITABLE',
  'INTERRUPTED',
  'TIMED_OUT',
] as const satisfies BackupErrorCode[];

/** Documents the errors of a route by their codes, together with those that every route has. */
export function ApiErrors(...codes: BackupErrorCode[]): MethodDecorator {
  const byStatus = new Map<number, string[]>();
  for (const [status, code] of [...OF_EVERY_ROUTE, ...codes.map((code) => [ERROR_STATUS[code], code] as const)]) {
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return applyDecorators(
    ...[...byStatus].map(([status, names]) =>
      ApiResponse({ status, type: ErrorResponse, description: names.map((name) => `\`${name}\``).join(', ') }),
    ),
  );
}
