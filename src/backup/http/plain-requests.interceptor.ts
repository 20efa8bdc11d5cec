import {
  BadRequestException,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Observable } from 'rxjs';
import type { FieldError } from '../model/errors.js';

/** Nothing that any route takes is nested this deep; what walks through a value may rely on it. */
const DEEPEST = 32;

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
    if (hasBody(request) && !isJson(request.headers['content-type'])) {
      throw new UnsupportedMediaTypeException('Send the body as JSON, with the header Content-Type: application/json.');
    }
    for (const part of [request.query, request.body] as unknown[]) {
      const problem = problemIn(part);
      if (problem) throw notValid(problem);
    }
    return next.handle();
  }
}

const hasBody = ({ headers }: Request): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const isJson = (type: string | undefined): boolean => /^application\/json\s*(;|$)/i.test(type?.trim() ?? '');

function notValid(problem: FieldError): BadRequestException {
  const message = `The request is not valid: "${problem.field}" ${problem.message}.`;
  return new BadRequestException({ error_code: 'VALIDATION_FAILED', message, errors: [problem] });
}

/** Not recursive: the depth is what it has to survive. */
function problemIn(part: unknown): FieldError | undefined {
  const open: { value: unknown; path: string[] }[] = [{ value: part, path: [] }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, path } = next;
    const field = path.slice(0, 3).join('.');
    if (typeof value === 'string' && value.includes('\0')) return { field, message: 'must not contain NUL characters' };
    if (typeof value !== 'object' || value === null) continue;
    if (path.length >= DEEPEST) return { field, message: `must not be nested deeper than ${DEEPEST} levels` };
    for (const [key, inner] of Object.entries(value)) {
      if (key.includes('\0')) return { field, message: 'must not have names with NUL characters' };
      open.push({ value: inner, path: [...path, key] });
    }
  }
  return undefined;
}
