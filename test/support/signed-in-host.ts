import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Body,
  type CanActivate,
  Controller,
  type ExecutionContext,
  ForbiddenException,
  Get,
  Header,
  Injectable,
  Module,
  Post,
  Query,
  Req,
  Res,
  UnauthorizedException,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import Database from 'better-sqlite3';
import type { Request, Response } from 'express';
import helmet from 'helmet';
import { BackupModule, Backups, type DashboardSignIn } from '../../src/backup/index.js';
import { shopOptions } from './shop-options.js';

/** Who is signed in where, by the value of the cookie. */
type Sessions = Map<string, string>;

const SESSION = /(?:^|; )session=([\w-]+)/;

/**
 * Somebody's shop with what many applications have: a global prefix, versions in addresses, helmet as it comes, and a page that signs in. It knows who somebody is by a
 * cookie, or, where `bearer` is set, on the backup routes by a token alone.
 */
export class SignedInHost {
  /** The last token that was given; no other one is valid. */
  token: string | null = null;
  tokensGiven = 0;

  private constructor(
    private readonly app: NestExpressApplication,
    private readonly folder: string,
    readonly address: string,
    private readonly sessions: Sessions,
  ) {}

  static async start(signIn: DashboardSignIn | undefined, { bearer = false } = {}): Promise<SignedInHost> {
    const folder = await mkdtemp(join(tmpdir(), 'signed-in-host-'));
    new Database(join(folder, 'shop.db'))
      .exec(`CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT); INSERT INTO orders VALUES (1, 'tea'), (2, 'jam')`)
      .close();
    const sessions: Sessions = new Map();
    // eslint-disable-next-line prefer-const -- the routes below know it once it listens
    let host: SignedInHost;
    const userOf = ({ headers }: Request) => sessions.get(SESSION.exec(headers.cookie ?? '')?.[1] ?? '');

    @Controller({ path: 'login', version: VERSION_NEUTRAL })
    class LoginController {
      @Get()
      @Header('Content-Type', 'text/html')
      form(@Query('return_to') place = '/'): string {
        const button = (user: string) => `<button name="user" value="${user}">I am ${user}</button>`;
        return `<!doctype html><title>Shop</title><link rel="icon" href="data:," /><h1>Our shop</h1><form method="post">
          <input type="hidden" name="place" value="${encodeURI(place)}" />${button('ida')}${button('sam')}</form>`;
      }

      @Post()
      signIn(@Body() { user, place }: { user: string; place: string }, @Res() response: Response): void {
        const session = `of-${user}-${sessions.size}`;
        sessions.set(session, user);
        response.cookie('session', session, { httpOnly: true, sameSite: 'lax' });
        response.redirect(303, place.startsWith('/ops/backups') ? place : '/');
      }
    }

    @Controller({ path: 'auth', version: '1' })
    class AuthController {
      @Get('backup-token')
      token(@Req() request: Request): { token: string } {
        if (userOf(request) === undefined) throw new UnauthorizedException();
        host.tokensGiven += 1;
        host.token = `token-${host.tokensGiven}`;
        return { token: host.token };
      }
    }

    @Injectable()
    class IdaGuard implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        const request = context.switchToHttp().getRequest<Request & { user?: object }>();
        const presented = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
        const user = bearer ? presented && presented === host.token && 'ida' : userOf(request);
        if (!user) throw new UnauthorizedException();
        if (user !== 'ida') throw new ForbiddenException(`${user} looks after the tea alone.`);
        request.user = { email: `${user}@shop.example` };
        return true;
      }
    }

    @Module({
      imports: [
        BackupModule.forRoot({
          ...shopOptions(folder),
          guard: IdaGuard,
          dashboard: { path: '/ops/backups', ...(signIn ? { signIn } : {}) },
        }),
      ],
      controllers: [LoginController, AuthController],
    })
    class Shop {}

    const app = await NestFactory.create<NestExpressApplication>(Shop, { logger: false });
    app.setGlobalPrefix('api', { exclude: ['login'] });
    app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
    app.use(helmet());
    await app.listen(0, '127.0.0.1');
    await app.get(Backups, { strict: false }).capture({ description: 'Of the first day' });
    host = new SignedInHost(app, folder, await app.getUrl(), sessions);
    return host;
  }

  /** Ends every session. */
  forgetEverybody(): void {
    this.sessions.clear();
    this.token = null;
  }

  orders(): string[] {
    return this.withData((data) => data.prepare<[], string>('SELECT item FROM orders ORDER BY id').pluck().all());
  }

  loseOrders(): void {
    this.withData((data) => data.exec('DELETE FROM orders'));
  }

  async stop(): Promise<void> {
    await this.app.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private withData<T>(work: (data: Database.Database) => T): T {
    const data = new Database(join(this.folder, 'shop.db'));
    try {
      return work(data);
    } finally {
      data.close();
    }
  }
}
