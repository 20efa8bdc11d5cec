import supertest from 'supertest';
import { expect, it } from 'vitest';
import { BACKUPS } from './backups-client.js';
import type { InstalledApp, RunningApp } from './installed-app.js';
import { ShopClient } from './shop-client.js';

interface Addresses {
  /** The global prefix. @default '' */
  prefix?: string;
  /** Below it. */
  notes: string;
}

/** What holds in every application. */
export function itBacksUp(app: () => InstalledApp, { prefix = '', notes }: Addresses): void {
  it('compiles under strict', async () => {
    await app().script('build');
  });

  it('starts, and gets its notes back', async () => {
    const server = await app().start();
    const client = clientOf(server, prefix);
    await client.post(notes, { text: 'Buy milk' }).expect(201);
    const before = (await client.get(notes).expect(200)).body as unknown;

    const { id, tables } = await client.capture();
    expect(tables).toMatchObject({ notes: { rows: 1 } });
    await client.delete(`${notes}/1`).expect(200);
    await client.post(notes, { text: 'A mistake' }).expect(201);
    expect((await client.get(notes).expect(200)).body).not.toEqual(before);

    expect(await client.restore(id)).toMatchObject({ status: 'completed', error: null });
    expect((await client.get(notes).expect(200)).body).toEqual(before);
    await server.stop();
  });

  it('lets nobody at the backups without credentials', async () => {
    const server = await app().start();
    const client = clientOf(server, prefix);
    const refused = await client.http.get(prefix + BACKUPS);
    expect([401, 403]).toContain(refused.status);
    await client.http.post(prefix + BACKUPS).expect(refused.status);
    expect(await client.listed()).toEqual(expect.any(Array));
    await server.stop();
  });

  it('passes its own tests, whose process ends by itself', async () => {
    await app().script('test');
  });
}

const clientOf = ({ url }: RunningApp, prefix: string): ShopClient => new ShopClient(supertest(url), prefix);
