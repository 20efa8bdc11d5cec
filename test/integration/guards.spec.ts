import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  Injectable,
  Logger,
  Module,
  SetMetadata,
  UnauthorizedException,
} from '@nestjs/common';
import { NestFactory, Reflector } from '@nestjs/core';
import Database from 'better-sqlite3';
import supertest from 'supertest';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { BackupModule, type BackupModuleExtras } from '../../src/backup/index.js';
import { shopOptions } from '../support/shop-options.js';

const BACKUPS = '/admin/database/backups';
const Roles = (...roles: string[]) => SetMetadata('roles', roles);

interface SignedIn {
  headers: Record<string, string | undefined>;
  user?: { id: number; role: string };
}
const requestOf = (context: ExecutionContext) => context.switchToHttp().getRequest<SignedIn>();

/** Who sends no role is nobody. */
@Injectable()
class SignedInGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = requestOf(context);
    const role = request.headers['x-role'];
    if (role === undefined) throw new UnauthorizedException();
    request.user = { id: 5, role };
    return true;
  }
}

/** As Nest's documentation has it: without `@Roles()` everybody may. */
@Injectable()
class RolesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const roles = this.reflector.getAllAndOverride<string[] | undefined>('roles', [
      context.getHandler(),
      context.getClass(),
    ]);
    return roles === undefined || roles.includes(requestOf(context).user?.role ?? '');
  }
}

describe('the guards of a host', () => {
  let folder: string;
  let app: INestApplication;
  let logged: MockInstance;

  beforeEach(async () => {
    logged = vi.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    folder = await mkdtemp(join(tmpdir(), 'guards-'));
    new Database(join(folder, 'shop.db')).exec('CREATE TABLE t (id INTEGER PRIMARY KEY)').close();
  });

  afterEach(async () => {
    await app.close();
    vi.restoreAllMocks();
    await rm(folder, { recursive: true, force: true });
  });

  /** @param listens false: only the HTTP server does, as in tests with supertest */
  async function open(access: BackupModuleExtras, { listens = true } = {}) {
    @Module({
      imports: [BackupModule.forRoot({ ...shopOptions(folder), ...access })],
    })
    class Shop {}
    app = await NestFactory.create(Shop, { logger: false });
    if (listens) await app.listen(0, '127.0.0.1');
    else await app.init();
    const server = supertest(app.getHttpServer() as never);
    return async (role?: string) =>
      (await server.get(BACKUPS).set(role === undefined ? {} : { 'x-role': role })).status;
  }

  const openings = () =>
    logged.mock.calls.filter(([message]) => /accepted a request without credentials/.test(String(message)));

  it('are asked in their order, and read the decorators of the controllers', async () => {
    const status = await open({ guards: [SignedInGuard, RolesGuard], decorators: [Roles('admin')] });
    expect([await status(), await status('student'), await status('admin')]).toEqual([401, 403, 200]);
    expect(openings()).toEqual([]);
  });

  it.each([true, false])(
    'that let in anybody keep the routes closed, and that is logged (listening: %s)',
    async (listens) => {
      const status = await open({ guards: [RolesGuard] }, { listens });
      expect([await status(), await status('admin')]).toEqual([403, 403]);
      expect(openings()).toHaveLength(1);
    },
  );

  it('may let in anybody where that is said', async () => {
    const status = await open({ guards: [RolesGuard], allowAnonymous: true });
    expect(await status()).toBe(200);
    expect(openings()).toEqual([]);
  });

  it('may be none where that is said', async () => {
    const status = await open({ allowAnonymous: true });
    expect(await status()).toBe(200);
  });

  it('may be instances', async () => {
    const nobody: CanActivate = { canActivate: () => false };
    const status = await open({ guards: [nobody] });
    expect(await status('admin')).toBe(403);
    expect(openings()).toEqual([]);
  });
});
