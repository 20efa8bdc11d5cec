import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServingLock } from '../system/serving-lock.js';
import { Fence } from '../system/fence.js';
import { Lease } from '../system/lease.js';
import { ManualClock } from '../system/manual-clock.js';
import { MaintenanceMiddleware } from './maintenance.middleware.js';
import { MaintenanceMode } from './maintenance.js';
import { ResolvedOptions } from './resolved-options.js';
import { until } from '../../../test/support/until.js';

const NO_LEASE = new Fence(null);

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'maintenance-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

class FakeResponse extends EventEmitter {
  statusCode = 200;
  body: string | undefined;
  readonly headers: Record<string, string> = {};

  setHeader(name: string, value: string): void {
    this.headers[name] = value;
  }

  end(body?: string): void {
    this.body = body;
    this.emit('close');
  }
}

/** One process of possibly several that share the folder. */
function setUp(clock = new ManualClock('2026-01-01T00:00:00.000Z')) {
  const lease = new Lease(folder, clock);
  const maintenance = new MaintenanceMode(clock, lease, new ServingLock(folder, clock));
  const middleware = new MaintenanceMiddleware(
    maintenance,
    Object.assign(new ResolvedOptions(), { maintenanceExempt: ['/healthz'] }),
  );
  const request = (url: string) => {
    const response = new FakeResponse();
    let passed = false;
    middleware.use({ url } as IncomingMessage, response as unknown as ServerResponse, () => (passed = true));
    return { response, passed: () => passed };
  };
  const entering = () => {
    let entered = false;
    const done = maintenance.enter(NO_LEASE).then(() => (entered = true));
    return { done, entered: () => entered };
  };
  return { clock, maintenance, lease, request, entering };
}

const turn = () => new Promise(setImmediate);

describe('maintenance mode', () => {
  it('lets everything through when no restore runs', () => {
    expect(setUp().request('/users/me').passed()).toBe(true);
  });

  it('turns requests away with 503 and Retry-After', async () => {
    const { maintenance, request } = setUp();
    await maintenance.enter(NO_LEASE);
    const { response, passed } = request('/users/me?x=/healthz');
    expect(passed()).toBe(false);
    expect(response.statusCode).toBe(503);
    expect(response.headers['Retry-After']).toMatch(/^\d+$/);
    expect(JSON.parse(response.body!)).toMatchObject({ status_code: 503, error_code: 'MAINTENANCE' });
    await maintenance.leave(NO_LEASE);
    expect(request('/users/me').passed()).toBe(true);
  });

  it.each([
    ['/healthz', true],
    ['/healthz?full=1', true],
    ['/healthz/db', true],
    ['/healthzz', false],
    ['/admin/database/backups/jobs', true],
    ['/api/admin/database/backups/jobs/1/events', true],
    ['/admin/database/backups/jobsx', false],
    ['/admin/database/backups/a/restore', false],
    ['/', false],
  ])('during a restore, %s goes on: %s', async (url, goesOn) => {
    const { maintenance, request } = setUp();
    await maintenance.enter(NO_LEASE);
    expect(request(url).passed()).toBe(goesOn);
  });

  it('waits for the requests that are being served', async () => {
    const { request, entering } = setUp();
    const [one, two] = [request('/a'), request('/b')];
    const { done, entered } = entering();
    one.response.end();
    await turn();
    expect(entered()).toBe(false);
    two.response.end();
    await done;
  });

  it('waits ten seconds and no longer', async () => {
    const { clock, request, entering } = setUp();
    request('/slow');
    const { done, entered } = entering();
    await waitingFor(clock);
    clock.advance(9_999);
    await turn();
    expect(entered()).toBe(false);
    clock.advance(1);
    await done;
  });

  it('does not wait for the restore request itself, nor for requests that may go on', async () => {
    const { request, entering } = setUp();
    request('/Admin/Database/Backups/some_id/restore?wait=true');
    request('/healthz');
    await entering().done;
  });
});

describe('while another process restores', () => {
  it('requests are turned away from its next look on, and the restore waits for those that are being served', async () => {
    const [restoring, serving] = [setUp(), setUp()];
    const slow = serving.request('/slow');
    const held = (await restoring.lease.tryAcquire({ purpose: 'restore' }))!;
    let entered = false;
    const done = restoring.maintenance.enter(held.fence).then(() => (entered = true));
    await until(() => expect(serving.lease.peek()).toMatchObject({ maintenance: true }));
    const looked = serving.maintenance.look();
    await until(() => expect(serving.maintenance.isActive).toBe(true));
    expect(serving.request('/a').passed()).toBe(false);
    expect(restoring.request('/a').passed()).toBe(false);
    await waitingFor(restoring.clock);
    restoring.clock.advance(100);
    expect(entered).toBe(false);
    slow.response.end();
    await looked;
    await waitingFor(restoring.clock);
    restoring.clock.advance(100);
    await done;
    await restoring.maintenance.leave(held.fence);
    await serving.maintenance.look();
    expect(serving.request('/a').passed()).toBe(true);
  });

  it('a process that has served nobody yet needs no look', async () => {
    const [restoring, serving] = [setUp(), setUp()];
    const held = (await restoring.lease.tryAcquire({ purpose: 'restore' }))!;
    await restoring.maintenance.enter(held.fence);
    expect(serving.request('/a').passed()).toBe(false);
    await restoring.maintenance.leave(held.fence);
    expect(serving.request('/a').passed()).toBe(true);
  });

  it('requests are served again when it died, or gives no sign of life', async () => {
    const [restoring, serving] = [setUp(), setUp()];
    const held = (await restoring.lease.tryAcquire({ purpose: 'restore' }))!;
    await restoring.maintenance.enter(held.fence);
    await serving.maintenance.look();
    expect(serving.request('/a').passed()).toBe(false);
    serving.clock.advance(60_000);
    await serving.maintenance.look();
    expect(serving.request('/a').passed()).toBe(true);
    await expect(held.fence.whileHeld(() => undefined)).rejects.toMatchObject({ code: 'LEASE_LOST' });
  });

  it('one that hangs is not waited for longer than ten seconds after it should have looked', async () => {
    const [restoring, hanging] = [setUp(), setUp()];
    hanging.request('/slow');
    const held = (await restoring.lease.tryAcquire({ purpose: 'restore' }))!;
    const done = restoring.maintenance.enter(held.fence);
    await waitingFor(restoring.clock);
    restoring.clock.advance(11_000);
    await done;
  });
});

const waitingFor = (clock: ManualClock) => until(() => expect(clock.nextAlarmAt).toBeDefined());
