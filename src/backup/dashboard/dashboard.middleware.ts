import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Injectable, Logger, NotFoundException, ServiceUnavailableException } from '@nestjs/common';
import { errorBody } from '../http/error.filter.js';
import { RouteAddresses } from '../http/route-addresses.js';
import { BACKUP_ROUTES } from '../http/routes.js';
import { takesGzip } from '../http/takes-gzip.js';
import { asBackupError, BackupError } from '../model/errors.js';
import { ResolvedOptions } from '../operations/resolved-options.js';
import { DashboardFiles } from './dashboard-files.js';
import { pageFor } from './dashboard-page.js';

/** What `dashboard/src/router.ts` shows, by the first part of its address below the page. Everything else there is left to the application. */
export const PAGES: readonly string[] = ['', 'away', 'jobs', 'restore', 'settings', 'snapshots'];
const ASSETS = 'assets/';

interface Answer {
  status: number;
  headers: OutgoingHttpHeaders;
  body: Buffer | string;
}

/**
 * Serves the web page, before anything that the application does globally: guards, prefixes, versions, and a restore that is running. It holds no data, so anybody may load it.
 * Speaks plain HTTP, so that it serves under any adapter.
 */
@Injectable()
export class DashboardMiddleware {
  private readonly logger = new Logger('Backups');

  constructor(
    private readonly options: ResolvedOptions,
    private readonly addresses: RouteAddresses,
    private readonly files: DashboardFiles,
  ) {}

  /** @throws BackupError `CONFIG_INVALID` where the page would stand in the way of the routes that it asks */
  assertFree(): void {
    const routes = `${this.addresses.prefix}${BACKUP_ROUTES}`;
    const { dashboard } = this.options;
    if (!dashboard || !`${dashboard.path}/`.toLowerCase().startsWith(`${routes}/`.toLowerCase())) return;
    throw new BackupError(
      'CONFIG_INVALID',
      `The options of BackupModule are wrong: "dashboard.path" is at ${routes}, where the backup routes are. Give the dashboard a path of its own, such as '/admin/backups'.`,
    );
  }

  use(request: IncomingMessage & { originalUrl?: string }, response: ServerResponse, next: () => void): void {
    const below = this.placeOf(request);
    if (below === undefined) return next();
    this.answerTo(below, request).then(
      (answer) => send(answer, request, response),
      (error: unknown) => {
        this.logger.error(`The dashboard could not be read: ${asBackupError(error).message}`);
        send(failure(error), request, response);
      },
    );
  }

  /** What of the page is asked for: its path below the page; undefined where the request is none of ours. */
  private placeOf({ method, url, originalUrl }: IncomingMessage & { originalUrl?: string }): string | undefined {
    const { dashboard } = this.options;
    if (!dashboard || (method !== 'GET' && method !== 'HEAD')) return undefined;
    const path = (originalUrl ?? url ?? '/').split('?', 1)[0]!;
    if (path === dashboard.path) return '';
    if (!path.startsWith(`${dashboard.path}/`)) return undefined;
    const below = path.slice(dashboard.path.length + 1);
    return below.startsWith(ASSETS) || PAGES.includes(below.split('/', 1)[0]!) ? below : undefined;
  }

  private answerTo(below: string, request: IncomingMessage): Promise<Answer> {
    return below.startsWith(ASSETS) ? this.asset(below.slice(ASSETS.length), request) : this.page();
  }

  private async page(): Promise<Answer> {
    const built = await this.files.page();
    if (built === undefined)
      return failure(new ServiceUnavailableException('The dashboard has not been built. Run "npm run build".'));
    const { html, policy } = pageFor(built, { ...this.options.dashboard!, apiPrefix: this.addresses.prefix });
    const headers = {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy,
      'Cache-Control': 'no-cache',
    };
    return { status: 200, headers, body: html };
  }

  private async asset(name: string, { headers: asked }: IncomingMessage): Promise<Answer> {
    const asset = await this.files.asset(name);
    if (!asset)
      return failure(new NotFoundException('File not found. A newer version may be running: reload the page.'));
    // The name holds a hash of what the file holds.
    const etag = `W/"${name}"`;
    const headers = { 'Cache-Control': 'public, max-age=31536000, immutable', ETag: etag, Vary: 'Accept-Encoding' };
    if (isKnown(etag, asked['if-none-match'])) return { status: 304, headers, body: '' };
    const whole = { ...headers, 'Content-Type': asset.type };
    if (!takesGzip(asked['accept-encoding'])) return { status: 200, headers: whole, body: asset.bytes };
    return { status: 200, headers: { ...whole, 'Content-Encoding': 'gzip' }, body: asset.gzipped };
  }
}

function failure(error: unknown): Answer {
  const body = errorBody(error);
  const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' };
  return { status: body.status_code, headers, body: JSON.stringify(body) };
}

function send({ status, headers, body }: Answer, { method }: IncomingMessage, response: ServerResponse): void {
  response.statusCode = status;
  response.setHeader('X-Content-Type-Options', 'nosniff');
  for (const [name, value] of Object.entries(headers))
    response.setHeader(name, name === 'Vary' ? merged(response.getHeader(name), String(value)) : value!);
  if (status !== 304) response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(method === 'HEAD' ? undefined : body);
}

/** What the application says that its answers depend on stays. */
const merged = (before: number | string | string[] | undefined, name: string): string =>
  before === undefined ? name : `${[before].flat().join(', ')}, ${name}`;

const isKnown = (etag: string, condition: string | undefined): boolean =>
  condition !== undefined && condition.split(',').some((known) => ['*', etag, etag.slice(2)].includes(known.trim()));
