import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itBacksUp } from '../support/backs-up.js';
import { InstalledApp } from '../support/installed-app.js';
import { ShopClient } from '../support/shop-client.js';

describe('NestJS 11 as a monorepo of two applications and a library, bundled by webpack', () => {
  let app: InstalledApp;

  beforeAll(async () => {
    app = await InstalledApp.install('nest11-monorepo-webpack');
  });
  afterAll(() => app.remove());

  itBacksUp(() => app, { notes: '/notes' });

  it('takes a snapshot in an application that serves nobody, which the other one lists', async () => {
    await app.script('worker');
    const server = await app.start();
    const client = new ShopClient(supertest(server.url));
    expect(await client.listed()).toContainEqual(expect.objectContaining({ description: 'Before the import' }));
    await server.stop();
  });
});
