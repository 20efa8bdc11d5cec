import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable, Module, type CanActivate, type Type } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import Database from 'better-sqlite3';
import { BackupModule, type BackupModuleOptions } from '../../src/backup/index.js';
import { Clock } from '../../src/backup/system/clock.js';

/** Lets everybody in. */
@Injectable()
export class OpenDoor implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

export interface BackupAppSetup {
  options?: Partial<BackupModuleOptions>;
  clock?: Clock;
  /** Where to start again on what an earlier application left. */
  folder?: string;
  /** For replacing a port by a fake. */
  adjust?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
}

export interface BackupApp {
  app: NestExpressApplication;
  /** The temporary folder that holds `app.sqlite`, `backups/` and `backup_config.json`. */
  folder: string;
  events: EventEmitter2;
  get: <T>(token: Type<T> | (abstract new (...args: never[]) => T)) => T;
  /** Runs SQL on the application's database, as the application would. */
  sql(text: string): unknown[];
  /** Stops the application; removes the folder, unless it was given by the caller. */
  close(): Promise<void>;
}

/** A tiny application that imports the module as a user would, over a database with one table `users`. Timers are off unless asked for. */
export async function startBackupApp(setup: BackupAppSetup = {}): Promise<BackupApp> {
  const folder = setup.folder ?? (await mkdtemp(join(tmpdir(), 'backup-app-')));
  const removeFolder = async () => {
    if (setup.folder === undefined) await rm(folder, { recursive: true, force: true });
  };
  const sql = (text: string) => queryDatabase(join(folder, 'app.sqlite'), text);
  sql('CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, email TEXT NOT NULL)');

  @Module({
    imports: [
      EventEmitterModule.forRoot(),
      BackupModule.forRoot({
        database: `sqlite:${join(folder, 'app.sqlite')}`,
        directory: join(folder, 'backups'),
        configFile: join(folder, 'backup_config.json'),
        triggers: false,
        guard: OpenDoor,
        allowAnonymous: true,
        ...setup.options,
      }),
    ],
  })
  class TinyApp {}

  try {
    let builder = Test.createTestingModule({ imports: [TinyApp] });
    if (setup.clock) builder = builder.overrideProvider(Clock).useValue(setup.clock);
    if (setup.adjust) builder = setup.adjust(builder);
    const app = (await builder.compile()).createNestApplication<NestExpressApplication>({ logger: false });
    await app.init();
    return {
      app,
      folder,
      sql,
      events: app.get(EventEmitter2),
      get: (token) => app.get(token as Type, { strict: false }),
      close: async () => {
        await app.close();
        await removeFolder();
      },
    };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

function queryDatabase(file: string, text: string): unknown[] {
  const database = new Database(file);
  try {
    const statement = database.prepare(text);
    if (statement.reader) return statement.all();
    statement.run();
    return [];
  } finally {
    database.close();
  }
}
