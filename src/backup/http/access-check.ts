import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request as requestOverHttp, type Server } from 'node:http';
import { request as requestOverTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Subscription } from 'rxjs';
import { asBackupError } from '../model/errors.js';
import type { BackupRequest } from './inputs.js';
import { RouteAddresses } from './route-addresses.js';
import { BACKUP_ROUTES } from './routes.js';

const HEADER = 'x-backup-access-check';
const PATIENCE_MS = 10_000;
/** No route there, too many requests, a restore: the guards were not asked. */
const SAYS_NOTHING = [404, 429, 503];

export const OPEN_TO_ANYBODY =
  'The backup routes are closed, because their guards accepted a request without credentials. Correct the guards; if everybody who can reach ' +
  'the server may read and replace all data, pass BackupModule.forRoot({ allowAnonymous: true, … }).';

/**
 * Asks one of the backup routes without credentials, over HTTP, as anybody could: when the server begins to listen, and where that is not seen, before the first request.
 * An application may have guards that look for `@Roles()` on the controller and let everybody in where there are none; nothing else would tell.
 */
@Injectable()
export class AccessCheck implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('Backup');
  /** Only this process knows it. */
  private readonly number = randomUUID();
  private answer: Promise<boolean> | undefined;
  private wasLetIn = false;
  private listening: Subscription | undefined;

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly addresses: RouteAddresses,
  ) {}

  onModuleInit(): void {
    this.listening = this.adapterHost.listen$.subscribe(() => {
      this.answer ??= this.ask(this.addresses.health);
    });
  }

  onApplicationShutdown(): void {
    this.listening?.unsubscribe();
  }

  /** Whether the request is the one that was sent from here. It came past the guards of the host. */
  isOwn({ headers }: BackupRequest): boolean {
    const isOwn = headers[HEADER] === this.number;
    if (isOwn) this.wasLetIn = true;
    return isOwn;
  }

  /** @param request one that the guards have let in, by whose address the routes are found */
  async letsAnybodyIn({ url = '' }: BackupRequest): Promise<boolean> {
    const path = url.split('?', 1)[0]!;
    const routes = path.slice(0, path.toLowerCase().indexOf(BACKUP_ROUTES) + BACKUP_ROUTES.length);
    return (this.answer ??= this.ask(`${routes}/health`));
  }

  private async ask(path: string): Promise<boolean> {
    try {
      if (SAYS_NOTHING.includes(await this.send(path))) this.answer = undefined;
    } catch (error) {
      this.logger.warn(
        `Could not check whether the guards of the backup routes reject requests without credentials: ${asBackupError(error).message}`,
      );
    }
    if (this.wasLetIn) this.logger.error(OPEN_TO_ANYBODY);
    return this.wasLetIn;
  }

  /** @returns the status of the answer */
  private async send(path: string): Promise<number> {
    const server = this.adapterHost.httpAdapter.getHttpServer() as Server;
    const call: ClientRequest = (server instanceof TlsServer ? requestOverTls : requestOverHttp)({
      ...placeOf(server.address()),
      path,
      headers: { [HEADER]: this.number },
      rejectUnauthorized: false, // nothing is told, and nothing is believed
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    call.end();
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    response.destroy();
    return response.statusCode!;
  }
}

function placeOf(address: AddressInfo | string | null): { socketPath: string } | { host: string; port: number } {
  if (typeof address === 'string') return { socketPath: address };
  if (address === null) throw new Error('the server is not listening');
  const isAny = address.address === '::' || address.address === '0.0.0.0';
  return { host: isAny ? 'localhost' : address.address, port: address.port };
}
