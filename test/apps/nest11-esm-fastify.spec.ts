import { afterAll, beforeAll, describe } from 'vitest';
import { itBacksUp } from '../support/backs-up.js';
import { InstalledApp } from '../support/installed-app.js';

describe('NestJS 11 as ES modules on Fastify, with SQLite and without Swagger', () => {
  let app: InstalledApp;

  beforeAll(async () => {
    app = await InstalledApp.install('nest11-esm-fastify');
  });
  afterAll(() => app.remove());

  itBacksUp(() => app, { prefix: '/api', notes: '/notes' });
});
