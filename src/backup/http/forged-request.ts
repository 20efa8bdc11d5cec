import type { IncomingHttpHeaders } from 'node:http';
import { ForbiddenException } from '@nestjs/common';
import type { BackupRequest } from './inputs.js';

/**
 * Refuses what a page of another site can make a browser send, with the cookies of whoever looks at it, without asking this server first: a POST that is no JSON and has no
 * header of its own. Browsers ask before they send anything else, and the CORS settings of the host answer.
 * @throws ForbiddenException
 */
export function assertNotForged({ method, headers }: BackupRequest): void {
  if (method !== 'POST' || !isFromElsewhere(headers) || isAskedForFirst(headers)) return;
  throw new ForbiddenException(
    'A page of another site has sent this request. If that is meant, send it with the header X-Requested-With.',
  );
}

/** As the browser says; other programs say neither. */
function isFromElsewhere({ 'sec-fetch-site': site, origin, host }: IncomingHttpHeaders): boolean {
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);
}

const isAskedForFirst = (headers: IncomingHttpHeaders): boolean =>
  headers.authorization !== undefined ||
  headers['x-requested-with'] !== undefined ||
  /^application\/json\s*(;|$)/i.test(headers['content-type']?.trim() ?? '');
