import { types } from 'node:util';
import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  HttpStatus,
  Injectable,
  Logger,
} from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';
import { BackupError, type BackupErrorCode } from '../model/errors.js';
import { worded } from './advice.js';
import { ERROR_STATUS } from './error-status.js';
import { type BackupRequest, type BackupResponse, ownResponse } from './inputs.js';
import type { ErrorBody } from './responses/error.response.js';

const logger = new Logger('Backups');

/** As an error, once; each request that meets it would only repeat it. */
const TOLD_AT_THE_START = 'DRIVER_UNAVAILABLE' satisfies BackupErrorCode;

/** Gives what the guards of the host throw before a backup route the format of all its errors, whatever filters the host has. */
@Catch()
@Injectable()
export class BackupErrorFilter implements ExceptionFilter {
  constructor(private readonly host: HttpAdapterHost) {}

  catch(thrown: unknown, context: ArgumentsHost): void {
    const http = context.switchToHttp();
    replyWithError(this.host.httpAdapter, thrown, http.getRequest<BackupRequest>(), http.getResponse<BackupResponse>());
  }
}

/** Answers with the error; breaks off an answer that has begun, since it must not look like a whole one. */
export function replyWithError(
  adapter: AbstractHttpAdapter,
  thrown: unknown,
  request: BackupRequest,
  response: BackupResponse,
): void {
  const body = errorBody(thrown);
  if (body.status_code >= 500 && body.error_code !== TOLD_AT_THE_START) {
    const route = `${adapter.getRequestMethod(request)} ${withoutQuery(adapter.getRequestUrl(request))}`;
    logger.error(`${route} failed: ${body.error_code}`, types.isNativeError(thrown) ? thrown.stack : String(thrown));
  }
  const own = ownResponse(response);
  if (own.headersSent) {
    own.destroy();
    return;
  }
  adapter.setHeader(response, 'Cache-Control', 'no-store');
  adapter.setHeader(response, 'Content-Type', 'application/json; charset=utf-8');
  if (body.status_code === 503 || body.status_code === 429) adapter.setHeader(response, 'Retry-After', '5');
  adapter.reply(response, body, body.status_code);
}

const withoutQuery = (url: unknown): string => String(url).split('?', 1)[0]!;

export function errorBody(thrown: unknown): ErrorBody {
  if (thrown instanceof BackupError) {
    return {
      ...thrown.details,
      status_code: ERROR_STATUS[thrown.code],
      error_code: thrown.code,
      ...worded(thrown.message, thrown.details),
    };
  }
  if (thrown instanceof HttpException) return httpErrorBody(thrown);
  return {
    status_code: 500,
    error_code: 'INTERNAL_ERROR',
    message: 'Internal server error; see the server log.',
  };
}

/** Guards and global pipes of the host throw these, with whatever body the host likes. */
function httpErrorBody(exception: HttpException): ErrorBody {
  const status = exception.getStatus();
  const ownBody = exception.getResponse();
  const base = { status_code: status, error_code: HttpStatus[status] ?? 'HTTP_ERROR', message: exception.message };
  if (typeof ownBody !== 'object') return base;
  const { statusCode: _statusCode, error: _error, message, ...rest } = ownBody as Record<string, unknown>;
  return { ...base, message: Array.isArray(message) ? message.join('; ') : base.message, ...rest };
}
