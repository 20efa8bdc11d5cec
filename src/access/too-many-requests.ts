import { HttpException, HttpStatus } from '@nestjs/common';
import type { Response } from 'express';

/** Answers 429 with `Retry-After`. */
export function tooManyRequests(response: Response, waitMs: number, what: string): HttpException {
  const seconds = Math.ceil(waitMs / 1000);
  response.setHeader('Retry-After', String(seconds));
  const message = `${what} Wait for ${seconds} seconds, as Retry-After says, and try again.`;
  return new HttpException({ error_code: 'TOO_MANY_REQUESTS', message }, HttpStatus.TOO_MANY_REQUESTS);
}
