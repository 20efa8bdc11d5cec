import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itBacksUp } from '../support/backs-up.js';
import { BACKUPS } from '../support/backups-client.js';
import { InstalledApp } from '../support/installed-app.js';
import { hasPostgres, PostgresBench } from '../support/postgres-bench.js';

describe.skipIf(!hasPostgres)('NestJS 11 with TypeORM 0.3, PostgreSQL, Swagger and versions in its addresses', () => {
  let bench: PostgresBench;
  let app: InstalledApp;

  beforeAll(async () => {
    bench = await PostgresBench.open();
    app = await InstalledApp.install('nest11-typeorm-swagger', { DATABASE_URL: bench.url });
  });
  afterAll(async () => {
    await app.remove();
    await bench.close();
  });

  itBacksUp(() => app, { prefix: '/api', notes: '/v1/notes' });

  it('describes the backup routes beside its own', async () => {
    const server = await app.start();
    const { body } = await supertest(server.url).get('/docs-json').expect(200);
    const { paths } = body as { paths: Record<string, object> };
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['/api/v1/notes', `/api${BACKUPS}`, `/api${BACKUPS}/{id}/restore`]),
    );
    await server.stop();
  });
});
