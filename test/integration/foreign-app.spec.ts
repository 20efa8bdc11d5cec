import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JobQueue } from '../../src/backup/internals.js';
import { BackupModule, type Job, ROLE_CREATED, type RoleCreatedEvent } from '../../src/backup/index.js';
import { ApiKeyGuard, ApiKeys, ApiKeysModule } from '../fixtures/foreign-app/api-key.guard.js';
import { Stocktaking } from '../fixtures/foreign-app/stocktaking.js';
import { BACKUPS, error } from '../support/backups-client.js';
import { eventually } from '../support/eventually.js';
import { useChildren } from '../support/inline-tasks.js';
import { KEY } from '../support/shop-client.js';
import { shopOptions } from '../support/shop-options.js';
import { childProcesses, ShoppingStreet } from '../support/shopping-street.js';

let street: ShoppingStreet;
beforeEach(async () => {
  street = await ShoppingStreet.build();
});
afterEach(() => street.tearDown());

describe('backups in an application of somebody else', () => {
  it('captures, lists and restores its data for whoever its own guard lets in', async () => {
    const shop = await street.open();
    await shop.post('/products', { name: 'Tea', price: 499 }).expect(201);
    await shop.post('/products/1/orders', { quantity: 2 }).expect(201);
    const before = (await shop.get('/products').expect(200)).body as unknown;

    const snapshot = await shop.capture();
    expect(snapshot.tables).toMatchObject({ products: { rows: 1 }, orders: { rows: 1 } });
    expect(await shop.listed()).toEqual([expect.objectContaining({ id: snapshot.id })]);

    await shop.delete('/products/1').expect(200);
    await shop.post('/products', { name: 'Mistake', price: 1 }).expect(201);
    const restore = await shop
      .post(`${BACKUPS}/${snapshot.id}/restore?wait=true`, { confirm: snapshot.id })
      .expect(200);
    expect(restore.body).toMatchObject({ status: 'completed', requested_by: 'olga@shop.example' });
    expect((await shop.get('/products').expect(200)).body).toEqual(before);
  });

  it('asks that guard on every route and answers what it says in its own format', async () => {
    const shop = await street.open();
    for (const key of ['', 'key-of-nobody']) {
      const refused = await shop.http.get(BACKUPS).set('x-api-key', key).expect(401);
      expect(refused.body).toMatchObject({ status_code: 401, message: 'Show your API key.' });
    }
  });

  it('is closed without a guard, and says to the developer what to do', async () => {
    const shop = await street.open({ extras: {} });
    const routes = [
      shop.get(BACKUPS),
      shop.post(BACKUPS),
      shop.get(`${BACKUPS}/config`),
      shop.get(`${BACKUPS}/jobs`),
      shop.post(`${BACKUPS}/some_id/restore`, { confirm: 'some_id' }),
      shop.get(`${BACKUPS}/some_id/download`),
    ];
    for (const route of routes) {
      const { body } = await route.expect(403);
      expect(body).toEqual(error(403, 'FORBIDDEN'));
      expect((body as { message: string }).message).toContain('BackupModule.forRoot({ guard: AdminGuard');
    }
    await shop.get('/products').expect(200);
  });

  it('can be set up with what other modules know', async () => {
    const backups = BackupModule.forRootAsync({
      imports: [ApiKeysModule],
      inject: [ApiKeys],
      useFactory: (keys: ApiKeys) => ({
        ...shopOptions(street.folder),
        appVersion: `for ${keys.ownerOf(KEY)}`,
      }),
      guard: ApiKeyGuard,
    });
    const shop = await street.open({ backups });
    const { id } = await shop.capture();
    const files = await readdir(join(street.folder, 'backups'));
    expect(files).toEqual(expect.arrayContaining([`${id}.json`, `${id}.meta.json`]));
  });

  it.each([
    [{ retention: 3 }, '"retention" is not an option'],
    [{ gaurd: ApiKeyGuard }, '"gaurd" is not an option'],
    [{ triggers: 'off' }, '"triggers" must be true or false'],
    [{ database: 'oracle://localhost/shop' }, '"oracle:" is not supported'],
  ])('does not start with %o', async (options, message) => {
    await expect(street.open({ options: options as object })).rejects.toThrow(message);
  });
});

describe('the application it is added to', () => {
  it('keeps its own routes as they were: nothing checks, strips or converts what they get', async () => {
    const shop = await street.open();
    const sent = { name: 'Tea', price: '499', unknown: { deep: [1] } };
    expect((await shop.post('/echo', sent).expect(201)).body).toEqual({ type: 'Object', body: sent });
  });

  it('keeps its own errors', async () => {
    const shop = await street.open();
    expect((await shop.get('/broken').expect(500)).body).toEqual({ problem: 'Out of stock.' });
    expect((await shop.get('/nowhere').expect(404)).body).toEqual({ problem: 'Cannot GET /nowhere' });
    expect((await shop.get(`${BACKUPS}/no_such_id`).expect(404)).body).toEqual(error(404, 'SNAPSHOT_NOT_FOUND'));
    expect((await shop.post(BACKUPS, { colour: 'red' }).expect(400)).body).toMatchObject({
      error_code: 'VALIDATION_FAILED',
      errors: [{ field: 'colour' }],
    });
  });

  it.each([
    ['under a global prefix', 'api', '/api/status'],
    ['without one', undefined, '/status'],
  ])('is closed for the time of a restore, but for what it exempts, %s', async (_, prefix, status) => {
    const shop = await street.open({
      options: { maintenanceExempt: [status] },
      ...(prefix === undefined ? {} : { prefix }),
    });
    await shop.post('/products', { name: 'Tea', price: 499 }).expect(201);
    const { id } = await shop.capture();
    await shop.delete('/products/1').expect(200);

    // The restore waits for a request that is being served; until it ends, nobody else is let in.
    const stocktaking = shop.app.get(Stocktaking);
    const slow = shop.get('/stocktaking').then((answer) => answer.text);
    await eventually(() => stocktaking.isRunning);
    const restore = (await shop.post(`${BACKUPS}/${id}/restore`, { confirm: id }).expect(202)).body as Job;
    const refused = await eventually(async () => {
      const answer = await shop.get('/products');
      return answer.status === 503 && answer;
    });
    expect(refused.body).toEqual(error(503, 'MAINTENANCE'));
    expect(refused.headers['retry-after']).toMatch(/^\d+$/);
    await shop.get(BACKUPS).expect(503);
    expect((await shop.get('/status').expect(200)).text).toBe('open');
    expect((await shop.job(restore.id)).status).toBe('running');

    stocktaking.finish();
    expect(await slow).toBe('counted');
    await eventually(async () => (await shop.job(restore.id)).status === 'completed');
    expect((await shop.get('/products').expect(200)).body).toMatchObject([{ name: 'Tea' }]);
  });
});

describe('triggers in it', () => {
  const newcomer: RoleCreatedEvent = { role: 'cashier', user_id: '0b8e-42' };

  it('need no EventEmitterModule: snapshots come by the clock all the same', async () => {
    const shop = await street.open({ options: { triggers: true } });
    const [job] = await eventually(async () => {
      const jobs = await shop.jobs();
      return jobs[0]?.status === 'completed' && jobs;
    });
    expect(job).toMatchObject({ type: 'capture', trigger: { type: 'startup' } });
    const [entry] = (await shop.get(`${BACKUPS}/schedule`).expect(200)).body as unknown[];
    expect(entry).toMatchObject({ plan: 'auto', enabled: true, next_run: expect.any(String) });
  });

  it('hear the events of its EventEmitterModule', async () => {
    const shop = await street.open({ options: { triggers: true }, events: true });
    shop.app.get(EventEmitter2).emit(ROLE_CREATED, newcomer);
    const snapshot = await eventually(async () =>
      (await shop.listed()).find(({ trigger }) => trigger.type === 'event'),
    );
    expect(snapshot.trigger).toEqual({ type: 'event', event: 'role.created', subjects: [newcomer] });
    expect(snapshot.id).toMatch(/^role_creation_cashier_0b8e-42_\d{8}_\d{6}$/);
  });

  it('bear events with a payload they cannot use', async () => {
    const shop = await street.open({ options: { triggers: true }, events: true });
    const events = shop.app.get(EventEmitter2);
    for (const payload of [undefined, null, 'student', {}, { role: '', user_id: 1 }, { role: 'x', user_id: {} }]) {
      await events.emitAsync(ROLE_CREATED, payload);
    }
    expect((await shop.jobs()).filter(({ trigger }) => trigger?.type === 'event')).toEqual([]);
  });

  it('stay off when they are told to', async () => {
    const shop = await street.open({ options: { triggers: false }, events: true });
    await shop.app.get(EventEmitter2).emitAsync(ROLE_CREATED, newcomer);
    expect(await shop.jobs()).toEqual([]);
    expect((await shop.get(`${BACKUPS}/schedule`).expect(200)).body).toMatchObject([
      { enabled: false, next_run: null },
    ]);
    expect(childProcesses()).toEqual([]);
  });
});

describe('the end of it', () => {
  useChildren();

  it('ends every child process, and takes no more jobs', async () => {
    const shop = await street.open({ options: { triggers: true } });
    await eventually(async () => (await shop.jobs())[0]?.status === 'completed');
    expect(childProcesses().length).toBeGreaterThan(0); // the one that waits for the next snapshot
    const queue = shop.app.get(JobQueue, { strict: false });
    await street.close(shop);
    await eventually(() => childProcesses().length === 0);
    const job = { type: 'verify', lane: 'side', run: () => Promise.resolve(null) } as const;
    await expect(queue.submit(job)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  it('leaves what another one in the same process does alone', async () => {
    const [north, south] = [
      await street.open({}, join(street.folder, 'north')),
      await street.open({}, join(street.folder, 'south')),
    ];
    await north.post('/products', { name: 'Tea', price: 1 }).expect(201);
    const ofNorth = await north.capture();
    const ofSouth = await south.capture();
    expect([ofNorth.tables['products']!.rows, ofSouth.tables['products']!.rows]).toEqual([1, 0]);
    expect((await north.listed()).map(({ checksum }) => checksum)).toEqual([ofNorth.checksum]);

    await street.close(north);
    await south.post('/products', { name: 'Salt', price: 1 }).expect(201);
    expect((await south.capture()).tables['products']!.rows).toBe(1);
    expect(await south.listed()).toHaveLength(2);
  });
});
