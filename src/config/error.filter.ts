import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, HttpStatus, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { ErrorResponse } from '../access/error-response.js';

const INTERNAL_ERROR: ErrorResponse = {
  status_code: 500,
  error_code: 'INTERNAL_ERROR',
  message: 'Internal server error; see the server log.',
};

/** Gives every error the one format of the API; what nobody foresaw is logged in full and told in no detail. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const body = errorResponse(thrown);
    if (body === INTERNAL_ERROR) {
      const stack = thrown instanceof Error ? thrown.stack : String(thrown);
      this.logger.error(`${request.method} ${request.path} failed`, stack);
    }
    // A stream that breaks halfway can only be cut off: its client must not take it for complete.
    if (response.headersSent) response.destroy();
    else response.status(body.status_code).json(body);
  }
}

function errorResponse(thrown: unknown): ErrorResponse {
  if (!(thrown instanceof HttpException)) return INTERNAL_ERROR;
  const status = thrown.getStatus();
  const body = thrown.getResponse();
  if (typeof body === 'object' && 'error_code' in body) return { status_code: status, ...body } as ErrorResponse;
  // The parser's own words repeat pieces of the body, which may hold a password.
  const message = thrown.cause instanceof SyntaxError ? 'The request body is not valid JSON.' : thrown.message;
  return { status_code: status, error_code: codeOf(status), message };
}

const codeOf = (status: number): string => (status === 500 ? 'INTERNAL_ERROR' : (HttpStatus[status] ?? 'HTTP_ERROR'));
