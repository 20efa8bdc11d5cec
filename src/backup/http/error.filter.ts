import { types } from 'node:util';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, HttpStatus, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import { BackupError } from '../model/errors.js';
import { withAdvice } from '../model/advice.js';
import { HTTP_WORDS } from './advice.js';
import { ERROR_STATUS } from './error-status.js';
import type { ErrorBody } from './responses/error.response.js';

/** Gives every error of the backup routes one format, whatever filters the host has. */
@Catch()
export class BackupErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('Backups');

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const body = errorBody(thrown);
    if (body.status_code >= 500) {
      this.logger.error(
        `${request.method} ${request.path} failed: ${body.error_code}`,
        types.isNativeError(thrown) ? thrown.stack : String(thrown),
      );
    }
    if (response.headersSent) {
      // What was sent so far must not look like a whole answer.
      response.destroy();
      return;
    }
    response.setHeader('Cache-Control', 'no-store');
    if (body.status_code === 503 || body.status_code === 429) response.setHeader('Retry-After', '5');
    response.status(body.status_code).json(body);
  }
}

export function errorBody(thrown: unknown): ErrorBody {
  if (thrown instanceof BackupError) {
    return {
      ...thrown.details,
      status_code: ERROR_STATUS[thrown.code],
      error_code: thrown.code,
      message: withAdvice(thrown.message, thrown.details, HTTP_WORDS),
    };
  }
  if (thrown instanceof HttpException) return httpErrorBody(thrown);
  return {
    status_code: 500,
    error_code: 'INTERNAL_ERROR',
    message: 'The server made a mistake. Try again; if it happens again, its log says what is wrong.',
  };
}

/** Guards and global pipes of the host throw these, with whatever body the host likes. */
function httpErrorBody(exception: HttpException): ErrorBody {
  const status = exception.getStatus();
  const said = exception.getResponse();
  const base = { status_code: status, error_code: HttpStatus[status] ?? 'HTTP_ERROR', message: exception.message };
  if (typeof said !== 'object') return base;
  const { statusCode: _statusCode, error: _error, message, ...rest } = said as Record<string, unknown>;
  return { ...base, message: Array.isArray(message) ? message.join('; ') : base.message, ...rest };
}
