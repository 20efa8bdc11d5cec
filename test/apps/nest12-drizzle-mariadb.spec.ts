import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itBacksUp } from '../support/backs-up.js';
import { eventually } from '../support/eventually.js';
import { InstalledApp } from '../support/installed-app.js';
import { HAS_MYSQL, MysqlBench } from '../support/mysql-bench.js';
import { ShopClient } from '../support/shop-client.js';

describe.skipIf(!HAS_MYSQL)('NestJS 12 with Drizzle, MariaDB and events', () => {
  let bench: MysqlBench;
  let app: InstalledApp;

  beforeAll(async () => {
    bench = await MysqlBench.open();
    app = await InstalledApp.install('nest12-drizzle-mariadb', { DATABASE_URL: bench.url });
  });
  afterAll(async () => {
    await app.remove();
    await bench.close();
  });

  itBacksUp(() => app, { notes: '/notes' });

  it('compiles with all declarations checked, but for those of Drizzle', async () => {
    const complaints = await app.script('check').catch((error: Error) => error.message);
    expect(complaints).toContain('drizzle-orm');
    expect(complaints.match(/^(?!node_modules\/drizzle-orm\/).*: error TS.*$/gm)).toBeNull();
  });

  it('takes a snapshot when it has created an account', async () => {
    const server = await app.start();
    const client = new ShopClient(supertest(server.url));
    await client.post('/accounts', { name: 'Carl' }).expect(201);
    await eventually(async () => (await client.listed()).find(({ trigger }) => trigger.type === 'event'));
    await server.stop();
  });
});
