import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import supertest from 'supertest';
import { BackupModule, type BackupModuleExtras, type BackupModuleOptions } from '../../src/backup/index.js';
import { ApiKeyGuard, ApiKeysModule } from '../fixtures/foreign-app/api-key.guard.js';
import { ShopErrorFilter } from '../fixtures/foreign-app/shop-error.filter.js';
import { ShopModule } from '../fixtures/foreign-app/shop.module.js';
import { ShopClient } from './shop-client.js';
import { shopOptions } from './shop-options.js';

const GUARDED: BackupModuleExtras = { guard: ApiKeyGuard, imports: [ApiKeysModule] };

export interface Opening {
  options?: Partial<BackupModuleOptions>;
  /** @default the shop's guard and what it needs */
  extras?: BackupModuleExtras;
  /** Instead of `options` and `extras`: the module as it is. */
  backups?: DynamicModule;
  events?: boolean;
  prefix?: string;
}

/** Opens shops, somebody else's application in `test/fixtures/foreign-app`, and closes them after each test. */
export class ShoppingStreet {
  private shops: OpenShop[] = [];
  private constructor(readonly folder: string) {}

  static async build(): Promise<ShoppingStreet> {
    return new ShoppingStreet(await mkdtemp(join(tmpdir(), 'foreign-app-')));
  }

  async open(
    { options = {}, extras = GUARDED, backups, events = false, prefix }: Opening = {},
    folder = this.folder,
  ): Promise<OpenShop> {
    const module = ShopModule.open({
      folder,
      events,
      backups: backups ?? BackupModule.forRoot({ ...shopOptions(folder), ...options, ...extras }),
    });
    const app = await NestFactory.create<NestExpressApplication>(module, { logger: false, abortOnError: false });
    app.useGlobalFilters(new ShopErrorFilter());
    if (prefix !== undefined) app.setGlobalPrefix(prefix);
    await app.listen(0, '127.0.0.1');
    const shop = new OpenShop(app, prefix === undefined ? '' : `/${prefix}`);
    this.shops.push(shop);
    return shop;
  }

  async close(shop: OpenShop): Promise<void> {
    this.shops = this.shops.filter((other) => other !== shop);
    await shop.app.close();
  }

  async tearDown(): Promise<void> {
    for (const shop of this.shops) await this.close(shop);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A shop that is running in this process. */
export class OpenShop extends ShopClient {
  constructor(
    readonly app: NestExpressApplication,
    prefix: string,
  ) {
    super(supertest(app.getHttpServer()), prefix);
  }
}

/** The engine hosts of this process. */
export function childProcesses(): string[] {
  try {
    return execFileSync('pgrep', ['-P', String(process.pid)], { encoding: 'utf8' })
      .trim()
      .split('\n');
  } catch {
    return []; // it found none
  }
}
