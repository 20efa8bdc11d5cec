import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itBacksUp } from '../support/backs-up.js';
import { BACKUPS } from '../support/backups-client.js';
import { InstalledApp } from '../support/installed-app.js';
import { hasPostgres, PostgresBench } from '../support/postgres-bench.js';
import { ShopClient } from '../support/shop-client.js';

describe.skipIf(!hasPostgres)(
  'NestJS 11 with global guard, pipe and interceptor, roles, and an address of PostgreSQL as Prisma writes it',
  () => {
    let bench: PostgresBench;
    let app: InstalledApp;

    beforeAll(async () => {
      bench = await PostgresBench.open();
      const DATABASE_URL = `${bench.url}?schema=public&connection_limit=5`;
      app = await InstalledApp.install('nest11-roles-postgres', { DATABASE_URL });
    });
    afterAll(async () => {
      await app.remove();
      await bench.close();
    });

    itBacksUp(() => app, { notes: '/notes' });

    it('lets in admins alone, and refuses what its pipe would strip', async () => {
      const server = await app.start();
      const admin = new ShopClient(supertest(server.url));
      await admin.http.get(BACKUPS).set('x-api-key', 'key-of-carl').expect(403);
      const { id } = await admin.capture();
      const misspelt = { confirm: id, table: ['notes'] };
      const { body } = await admin.post(`${BACKUPS}/${id}/restore?wait=true`, misspelt).expect(400);
      expect(body).toMatchObject({ error_code: 'VALIDATION_FAILED', errors: [{ field: 'table' }] });
      expect(await admin.restore(id)).toMatchObject({ status: 'completed', requested_by: 'olga@notes.example' });
      await server.stop();
    });
  },
);
