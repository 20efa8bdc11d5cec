import { Logger } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Catalog } from '../catalog/catalog.js';
import { BackupError } from '../model/errors.js';
import { type BackupEventOptions, ROLE_CREATED } from '../model/events.js';
import type { CaptureOperation } from '../operations/capture.operation.js';
import { ResolvedOptions } from '../operations/resolved-options.js';
import { EventListener } from './event.listener.js';
import { until } from '../../../test/support/until.js';

const STUDENT = { role: 'student', user_id: 5 };

describe('EventListener', () => {
  let emitter: EventEmitter2;
  let request: ReturnType<typeof vi.fn>;
  let logged: string[];

  beforeEach(() => {
    emitter = new EventEmitter2();
    request = vi.fn(() => Promise.resolve());
    logged = [];
    for (const level of ['warn', 'error'] as const)
      vi.spyOn(Logger.prototype, level).mockImplementation(
        (message: unknown) => void logged.push(`${level} ${String(message)}`),
      );
  });
  afterEach(() => vi.restoreAllMocks());

  function listener(
    events: BackupEventOptions[] = [],
    { triggers = true, found = true, unavailable = null as BackupError | null } = {},
  ): EventListener {
    const options = Object.assign(new ResolvedOptions(), { triggers, events });
    const get = () => {
      if (!found) throw new Error('no such provider');
      return emitter;
    };
    const captures = { request } as unknown as CaptureOperation;
    const catalog = { unavailable } as unknown as Catalog;
    return new EventListener(captures, catalog, options, { get } as unknown as ModuleRef);
  }

  function started(events: BackupEventOptions[] = []): EventListener {
    const made = listener(events);
    made.listen();
    made.onModuleInit();
    made.onApplicationBootstrap();
    return made;
  }

  const triggers = () => (request.mock.calls as [{ trigger: object }][]).map(([{ trigger }]) => trigger);

  it('asks for a snapshot once for each event, however often it was told to listen', async () => {
    started([{ event: 'order.paid' }]);
    await emitter.emitAsync('order.paid', { amount: 5 });
    await emitter.emitAsync(ROLE_CREATED, STUDENT);
    expect(triggers()).toEqual([
      { type: 'event', event: 'order.paid' },
      { type: 'event', event: ROLE_CREATED, subjects: [STUDENT] },
    ]);
  });

  it('names whom the options make of what was emitted, at once or later, or whom the payload says', async () => {
    started([
      {
        event: 'paid',
        subject: (order: { by: number }, note: string) => ({ ...STUDENT, user_id: order.by, label: ` ${note}\n` }),
      },
      { event: 'sent', subject: () => Promise.resolve(STUDENT) },
      { event: 'left' },
    ]);
    await emitter.emitAsync('paid', { by: 7, secret: 'x' }, 'Ida');
    await emitter.emitAsync('sent');
    await emitter.emitAsync('left', { ...STUDENT, secret: 'x' });
    expect(triggers()).toEqual([
      { type: 'event', event: 'paid', subjects: [{ role: 'student', user_id: 7, label: 'Ida' }] },
      { type: 'event', event: 'sent', subjects: [STUDENT] },
      { type: 'event', event: 'left', subjects: [STUDENT] },
    ]);
    expect(logged).toEqual([]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
      /^error The "subject" of a "paid" event failed.*: oops$/,
    ],
    [
      'throws what is no text either',
      () => {
        throw Object.create(null);
      },
      /^error The "subject" of a "paid" event failed/,
    ],
    ['rejects', () => Promise.reject(new Error('oops')), /^error The "subject" of a "paid" event failed.*: oops$/],
    ['is of no use', () => ({ role: 5 }) as never, /^warn The "subject" of a "paid" event is not/],
  ])(
    'takes a snapshot for nobody where the function %s, says so, and does not trouble the emitter',
    async (_, subject, message) => {
      started([{ event: 'paid', subject }]);
      await expect(emitter.emitAsync('paid', {})).resolves.toEqual([undefined]);
      expect(triggers()).toEqual([{ type: 'event', event: 'paid' }]);
      expect(logged).toEqual([expect.stringMatching(message)]);
    },
  );

  it('takes a snapshot for nobody, without a word, where the function finds nobody', async () => {
    started([{ event: 'paid', subject: () => null }]);
    await emitter.emitAsync('paid');
    expect(triggers()).toEqual([{ type: 'event', event: 'paid' }]);
    expect(logged).toEqual([]);
  });

  it('says why no backup was started, and does not trouble the emitter', async () => {
    started([{ event: 'paid' }]);
    request.mockRejectedValue(new BackupError('INTERRUPTED', 'The application is shutting down.'));
    await expect(emitter.emitAsync('paid', STUDENT)).resolves.toEqual([undefined]);
    expect(logged).toEqual([
      'error Could not start a backup for the event "paid" (student 5): The application is shutting down.',
    ]);
  });

  it('hears a pattern, and records it rather than the names that fit, of which there may be any number', async () => {
    emitter = new EventEmitter2({ wildcard: true });
    started([{ event: 'order.*' }]);
    await emitter.emitAsync('order.1');
    await emitter.emitAsync('order.2');
    await emitter.emitAsync('user.1');
    expect(triggers()).toEqual(Array(2).fill({ type: 'event', event: 'order.*' }));
  });

  it('keeps what is emitted while the application starts until captures can be asked for, and holds nobody up', async () => {
    const made = listener([{ event: 'seeded' }]);
    made.listen();
    const payload = { ...STUDENT };
    await emitter.emitAsync('seeded', payload);
    payload.user_id = 6;
    expect(triggers()).toEqual([]);
    made.onApplicationBootstrap();
    await until(() => expect(triggers()).toEqual([{ type: 'event', event: 'seeded', subjects: [STUDENT] }]));
  });

  it('hears nothing after the end, and takes only its own listeners away', async () => {
    const others = vi.fn();
    emitter.on('paid', others);
    const made = started([{ event: 'paid' }]);
    made.onApplicationShutdown();
    await emitter.emitAsync('paid');
    await emitter.emitAsync(ROLE_CREATED, STUDENT);
    expect(request).not.toHaveBeenCalled();
    expect(others).toHaveBeenCalledOnce();
  });

  it('hears nothing where triggers are off, whatever the host lacks', () => {
    listener([{ event: 'paid' }], { triggers: false, found: false }).listen();
    expect(emitter.eventNames()).toEqual([]);
  });

  it('hears nothing where there can be no backups', () => {
    const unavailable = new BackupError('DRIVER_UNAVAILABLE', 'No driver.');
    listener([{ event: 'paid' }], { unavailable }).listen();
    expect(emitter.eventNames()).toEqual([]);
  });

  it('is silent in a host without an EventEmitterModule, unless the options name an event', () => {
    listener([], { found: false }).listen();
    expect(() => listener([{ event: 'paid' }], { found: false }).listen()).toThrow(
      /"events" names "paid", which cannot be received without EventEmitterModule\.forRoot\(\)/,
    );
  });

  it('refuses a pattern where the host’s events know none', () => {
    expect(() => listener([{ event: 'order.*' }]).listen()).toThrow(/"order\.\*".*forRoot\(\{ wildcard: true \}\)/);
  });
});
