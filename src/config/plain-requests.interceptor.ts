import {
  BadRequestException,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { Request, Response } from 'express';
import { type FieldError, hasOtherBody, unreadablePart } from '../backup/internals.js';

/**
 * Refuses what no route can use, before anything works with it: a body that is not JSON (415), text with NUL characters, which databases and file systems do not store, and values that are nested too deep (400).
 * Answers are not to be stored by anybody between. Runs behind the guards, so that only who may ask is told what is wrong.
 */
@Injectable()
export class PlainRequests implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    http.getResponse<Response>().setHeader('Cache-Control', 'no-store');
    if (hasOtherBody(request.headers))
      throw new UnsupportedMediaTypeException('Send the body as JSON, with the header Content-Type: application/json.');
    for (const part of [request.query, request.body] as unknown[]) {
      const problem = unreadablePart(part);
      if (problem) throw notValid(problem);
    }
    return next.handle();
  }
}

function notValid(problem: FieldError): BadRequestException {
  const message = `The request is not valid: "${problem.field}" ${problem.message}.`;
  return new BadRequestException({ error_code: 'VALIDATION_FAILED', message, errors: [problem] });
}
