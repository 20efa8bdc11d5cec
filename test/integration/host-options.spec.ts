import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable, Module, type ModuleMetadata, type OnModuleInit } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { Test } from '@nestjs/testing';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import Database from 'better-sqlite3';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Backups, BackupModule, type BackupModuleOptions, ROLE_CREATED } from '../../src/backup/index.js';
import { eventually } from '../support/eventually.js';
import { shopOptions } from '../support/shop-options.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'host-options-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('backs up what TypeOrmModule connects to', async () => {
  @Module({
    imports: [
      TypeOrmModule.forRoot({
        ...{ type: 'better-sqlite3', database: join(folder, 'shop.db'), enableWAL: true },
        ...{ migrationsTableName: 'done', migrationsRun: true, migrations: [CreateUsers1700000000000] },
      }),
      BackupModule.forRootAsync({
        inject: [getDataSourceToken()],
        useFactory: (database: DataSource) => ({ ...shopOptions(folder), database }),
      }),
    ],
  })
  class Shop {}

  const app = (await Test.createTestingModule({ imports: [Shop] }).compile()).createNestApplication({ logger: false });
  await app.init();
  const { id } = await app.get(Backups).capture();
  const { tables } = await app.get(Backups).get(id);
  expect(Object.keys(tables)).toEqual(['users']);
  await app.close();
});

it('hears what the host emits before its modules are initialised, and nothing before the backups can begin', async () => {
  new Database(join(folder, 'shop.db')).exec('CREATE TABLE users (id INTEGER)').close();

  /** Stands before the backups, and waits for whoever listens. */
  @Injectable()
  class Seeds implements OnModuleInit {
    constructor(private readonly events: EventEmitter2) {}

    async onModuleInit(): Promise<void> {
      await this.events.emitAsync('shop.opened');
      await this.events.emitAsync(ROLE_CREATED, { role: 'cashier', user_id: 1 });
    }
  }
  @Module({ providers: [Seeds] })
  class SeedsModule {}
  @Module({
    imports: [
      SeedsModule,
      EventEmitterModule.forRoot(),
      BackupModule.forRoot({ ...shopOptions(folder), triggers: true, events: ['shop.opened'] }),
    ],
  })
  class Shop {}

  const app = (await Test.createTestingModule({ imports: [Shop] }).compile()).createNestApplication({ logger: false });
  await app.init();
  const heard = await eventually(async () => {
    const { items } = await app.get(Backups).list();
    const events = items.flatMap(({ trigger }) => (trigger.type === 'event' ? [trigger.event] : []));
    return events.length === 2 && events;
  });
  expect(new Set(heard)).toEqual(new Set(['shop.opened', ROLE_CREATED]));
  await app.close();
});

it.each([
  [{ allowAnonymous: 'false' }, '"allowAnonymous" must be true or false'],
  [{ guard: null }, '"guard" must be the class of a guard'],
  [{ guards: [undefined] }, '"guards" must be a list of guards; one that is undefined here'],
  [{ decorators: ['admin'] }, '"decorators" must be a list of decorators'],
])('who may use the routes is said in full: %j is refused', (access, message) => {
  const options = { database: `sqlite:${join(folder, 'shop.db')}`, ...access } as unknown as BackupModuleOptions;
  expect(() => BackupModule.forRoot(options)).toThrow(message);
});

describe('BackupModule in several modules of one application', () => {
  const backups = (directory: string) =>
    BackupModule.forRoot({ ...shopOptions(folder), directory: join(folder, directory) });
  const startWith = async (...imports: ModuleMetadata['imports'] & object) => {
    const app = (await Test.createTestingModule({ imports }).compile()).createNestApplication({ logger: false });
    await app.init();
    await app.close();
  };

  it.each([
    ['one folder', 'backups'],
    ['two folders', 'others'],
  ])('is refused at the start, for %s', async (_, other) => {
    await expect(startWith(backups('backups'), backups(other))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/called 2 times.*option "databases"/) as string,
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('may be one that others share', async () => {
    @Module({ imports: [backups('backups')], exports: [BackupModule] })
    class BackupsModule {}
    @Injectable()
    class Migration {
      constructor(readonly backups: Backups) {}
    }
    @Module({ imports: [BackupsModule], providers: [Migration] })
    class MigrationModule {}

    const shared = backups('others');
    await expect(startWith(BackupsModule, MigrationModule)).resolves.toBeUndefined();
    await expect(
      startWith({ module: class A {}, imports: [shared] }, { module: class B {}, imports: [shared] }),
    ).resolves.toBeUndefined();
  });
});

class CreateUsers1700000000000 {
  async up(runner: { query(sql: string): Promise<unknown> }): Promise<void> {
    await runner.query('CREATE TABLE users (id INTEGER PRIMARY KEY)');
    await runner.query('INSERT INTO users VALUES (1)');
  }
  async down(): Promise<void> {}
}
