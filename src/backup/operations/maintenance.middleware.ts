import { Injectable, type NestMiddleware } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { MaintenanceMode } from './maintenance.js';
import { ResolvedOptions } from './resolved-options.js';

const RETRY_AFTER_SECONDS = 5;
/** With whatever global prefix the host has set. Express does not mind upper case, so neither does this. */
const OWN_ROUTES = /(^|\/)admin\/database\/backups(\/|$)/i;
const OWN_JOB_ROUTES = /(^|\/)admin\/database\/backups\/jobs(\/|$)/i;

/** Answers 503 during a restore, and otherwise counts the requests that a restore has to wait for. Speaks plain HTTP, so that it serves under any adapter. */
@Injectable()
export class MaintenanceMiddleware implements NestMiddleware<IncomingMessage, ServerResponse> {
  constructor(
    private readonly maintenance: MaintenanceMode,
    private readonly options: ResolvedOptions,
  ) {}

  use(request: IncomingMessage & { originalUrl?: string }, response: ServerResponse, next: () => void): void {
    const path = (request.originalUrl ?? request.url ?? '/').split('?', 1)[0]!;
    if (this.goesOn(path)) return next();
    if (this.maintenance.isActive) return turnAway(response);
    // A restore that was asked to wait must not wait for itself, and no other backup route writes to the database.
    if (OWN_ROUTES.test(path)) return next();
    const ended = this.maintenance.begin();
    if (!ended) return turnAway(response);
    response.once('close', ended);
    next();
  }

  private goesOn(path: string): boolean {
    return OWN_JOB_ROUTES.test(path) || this.options.maintenanceExempt.some((prefix) => startsWithPath(path, prefix));
  }
}

const startsWithPath = (path: string, prefix: string): boolean =>
  path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`);

function turnAway(response: ServerResponse): void {
  const message = `A restore is running. Try again in ${RETRY_AFTER_SECONDS} seconds.`;
  response.statusCode = 503;
  response.setHeader('Retry-After', String(RETRY_AFTER_SECONDS));
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.end(JSON.stringify({ status_code: 503, error_code: 'MAINTENANCE', message }));
}
