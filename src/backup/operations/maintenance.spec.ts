import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../system/manual-clock.js';
import { MaintenanceMiddleware } from './maintenance.middleware.js';
import { MaintenanceMode } from './maintenance.js';
import { ResolvedOptions } from './resolved-options.js';

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

function setUp() {
  const clock = new ManualClock('2026-01-01T00:00:00.000Z');
  const maintenance = new MaintenanceMode(clock);
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
    const done = maintenance.enter().then(() => (entered = true));
    return { done, entered: () => entered };
  };
  return { clock, maintenance, request, entering };
}

const turn = () => new Promise(setImmediate);

describe('maintenance mode', () => {
  it('lets everything through when no restore runs', () => {
    expect(setUp().request('/users/me').passed()).toBe(true);
  });

  it('turns requests away with 503 and Retry-After', async () => {
    const { maintenance, request } = setUp();
    await maintenance.enter();
    const { response, passed } = request('/users/me?x=/healthz');
    expect(passed()).toBe(false);
    expect(response.statusCode).toBe(503);
    expect(response.headers['Retry-After']).toMatch(/^\d+$/);
    expect(JSON.parse(response.body!)).toMatchObject({ status_code: 503, error_code: 'MAINTENANCE' });
    maintenance.leave();
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
    await maintenance.enter();
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
