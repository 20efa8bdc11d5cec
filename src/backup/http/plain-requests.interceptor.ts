import {
  BadRequestException,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import type { Observable } from 'rxjs';
import type { FieldError } from '../model/errors.js';
import { unreadablePart } from './fields.js';
import { assertJson, type BackupRequest } from './inputs.js';

/**
 * Refuses what no route can use, before anything works with it: a body that is not JSON (415), text with NUL characters, which databases and file systems do not store, and values that are nested too deep (400).
 * Answers are not to be stored by anybody between. Runs behind the guards, so that only who may ask is told what is wrong.
 */
@Injectable()
export class PlainRequests implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<BackupRequest>();
    http.getResponse<{ header: ServerResponse['setHeader'] }>().header('Cache-Control', 'no-store');
    assertJson(request);
    for (const part of [request.query, request.body]) {
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
