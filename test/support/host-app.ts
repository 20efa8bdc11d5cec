import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import supertest from 'supertest';
import { AppModule } from '../../src/app.module.js';
import { configureApp } from '../../src/app.setup.js';
import { UsersService } from '../../src/users/users.service.js';
import { Tokens } from '../../src/auth/tokens.js';
import { Environment, parseEnvironment } from '../../src/config/environment.js';
import { ADMIN } from './admin.js';

export { ADMIN };

export interface HostApp {
  app: NestExpressApplication;
  /** The temporary folder that holds `data/`, `backups/` and `backup_config.json`. */
  folder: string;
  /** Sends requests to the listening application. */
  http: ReturnType<typeof supertest>;
  adminToken: string;
  /** A token without a login, which takes the time of a password's hash. */
  tokenOf(accountId: number): Promise<string>;
  /** Stops the application; removes the folder, unless it was given by the caller. */
  close(): Promise<void>;
}

/**
 * Boots the whole application on a temporary folder and a free port. Timers and listeners are off unless
 * `BACKUP_TRIGGERS` says otherwise.
 * @param folder where to start again on what an earlier application left
 */
export async function startHostApp(overrides: NodeJS.ProcessEnv = {}, folder?: string): Promise<HostApp> {
  const home = folder ?? (await mkdtemp(join(tmpdir(), 'host-app-')));
  const removeHome = () => (folder === undefined ? rm(home, { recursive: true, force: true }) : Promise.resolve());
  try {
    const environment = parseEnvironment({ ...environmentIn(home), ...overrides });
    const module = await Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(Environment)
      .useValue(environment)
      .compile();
    const app = module.createNestApplication<NestExpressApplication>({ logger: false });
    configureApp(app);
    await app.listen(0, '127.0.0.1');
    const http = supertest(await app.getUrl());
    return {
      app,
      folder: home,
      http,
      adminToken: await login(http, environment.firstAdmin ?? ADMIN),
      tokenOf: async (accountId) =>
        app.get(Tokens, { strict: false }).issue((await app.get(UsersService, { strict: false }).findById(accountId))!),
      close: async () => {
        await app.close();
        await removeHome();
      },
    };
  } catch (error) {
    await removeHome();
    throw error;
  }
}

const environmentIn = (folder: string): NodeJS.ProcessEnv => ({
  PORT: '0',
  DATABASE_URL: `sqlite:${join(folder, 'data', 'app.sqlite')}`,
  BACKUP_DIR: join(folder, 'backups'),
  BACKUP_CONFIG_FILE: join(folder, 'backup_config.json'),
  BACKUP_TRIGGERS: 'off',
  ADMIN_EMAIL: ADMIN.email,
  ADMIN_PASSWORD: ADMIN.password,
});

async function login(http: HostApp['http'], { email, password }: { email: string; password: string }): Promise<string> {
  const answer = await http.post('/auth/login').send({ email, password }).expect(200);
  return (answer.body as { access_token: string }).access_token;
}
