import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Backups, BackupModule } from '../../src/backup/index.js';

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
        useFactory: (database: DataSource) => ({
          database,
          directory: join(folder, 'backups'),
          configFile: join(folder, 'backup_config.json'),
          triggers: false,
        }),
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

class CreateUsers1700000000000 {
  async up(runner: { query(sql: string): Promise<unknown> }): Promise<void> {
    await runner.query('CREATE TABLE users (id INTEGER PRIMARY KEY)');
    await runner.query('INSERT INTO users VALUES (1)');
  }
  async down(): Promise<void> {}
}
