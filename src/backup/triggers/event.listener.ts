import { types } from 'node:util';
import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type * as EventEmitter from '@nestjs/event-emitter';
import { Catalog } from '../catalog/catalog.js';
import { asBackupError, BackupError } from '../model/errors.js';
import { type BackupEventOptions, ROLE_CREATED, subjectOf } from '../model/events.js';
import type { Subject } from '../model/trigger.js';
import { CaptureOperation } from '../operations/capture.operation.js';
import { ResolvedOptions } from '../operations/resolved-options.js';
import { optionalPackage } from '../system/optional-package.js';

type Emitter = EventEmitter.EventEmitter2;

const PACKAGE = '@nestjs/event-emitter';
// eslint-disable-next-line @typescript-eslint/no-require-imports -- optional
const loadPackage = (): unknown => require('@nestjs/event-emitter');

/**
 * Takes a snapshot whenever an account or a role was created, and after the events that the options name. Hears them from the host's own EventEmitterModule.
 * A backup that fails is logged and recorded and never troubles whoever emitted the event.
 */
@Injectable()
export class EventListener implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Backup');
  private readonly endListening: (() => void)[] = [];
  /** From then on captures can be asked for. */
  private readonly started: Promise<void>;
  private isStarted = false;
  private start: () => void = () => undefined;

  constructor(
    private readonly captures: CaptureOperation,
    private readonly catalog: Catalog,
    private readonly options: ResolvedOptions,
    private readonly moduleRef: ModuleRef,
  ) {
    this.started = new Promise((resolve) => {
      this.start = resolve;
    });
  }

  onModuleInit(): void {
    this.listen();
  }

  onApplicationBootstrap(): void {
    this.isStarted = true;
    this.start();
  }

  onApplicationShutdown(): void {
    for (const end of this.endListening.splice(0)) end();
  }

  /**
   * Once, and before the first module of the host is initialised: that may emit already.
   * @throws BackupError `CONFIG_INVALID` where an event that the options name could never be heard
   */
  listen(): void {
    if (!this.options.triggers || this.catalog.unavailable || this.endListening.length > 0) return;
    const emitter = this.emitter();
    for (const entry of this.options.events) assertAudible(entry, emitter);
    if (!emitter) return;
    for (const entry of [{ event: ROLE_CREATED }, ...this.options.events]) {
      const listener = (...values: unknown[]): unknown => {
        const heard = this.hear(entry, values);
        return this.isStarted ? heard : undefined; // who emits while the application starts, and waits, would wait for himself
      };
      emitter.on(entry.event, listener);
      this.endListening.push(() => emitter.off(entry.event, listener));
    }
  }

  private emitter(): Emitter | null {
    const events = optionalPackage<typeof EventEmitter>(PACKAGE, loadPackage);
    try {
      return events && this.moduleRef.get(events.EventEmitter2, { strict: false });
    } catch {
      return null; // the host has the package, and no EventEmitterModule
    }
  }

  private async hear(entry: BackupEventOptions, values: unknown[]): Promise<void> {
    const { event } = entry;
    const subject = await this.subjectOf(entry, values);
    if (!subject && event === ROLE_CREATED) {
      this.logger.warn(
        `Ignored a "${ROLE_CREATED}" event: its payload must be { role: string, user_id: number | string, label?: string }`,
      );
      return;
    }
    try {
      await this.started;
      await this.captures.request({ trigger: { type: 'event', event, ...(subject && { subjects: [subject] }) } });
    } catch (error) {
      const whose = subject ? ` (${subject.role} ${subject.user_id})` : '';
      this.logger.error(`Could not start a backup for the event "${event}"${whose}: ${asBackupError(error).message}`);
    }
  }

  private async subjectOf({ event, subject }: BackupEventOptions, values: unknown[]): Promise<Subject | undefined> {
    try {
      if (!subject) return subjectOf(values[0]);
      const given = await subject(...values);
      const found = subjectOf(given);
      if (!found && given !== undefined && given !== null)
        this.logger.warn(
          `The "subject" of a "${event}" event is not { role, user_id, label? }, so its snapshot has no subject`,
        );
      return found;
    } catch (error) {
      const why = types.isNativeError(error) ? error.message : 'it threw a value that is not an Error';
      this.logger.error(`The "subject" of a "${event}" event failed, so its snapshot has no subject: ${why}`);
      return undefined;
    }
  }
}

function assertAudible({ event }: BackupEventOptions, emitter: Emitter | null): void {
  const needed = !emitter
    ? 'EventEmitterModule.forRoot() of @nestjs/event-emitter in the application'
    : event.includes('*') && !(emitter as { wildcard?: boolean }).wildcard
      ? 'EventEmitterModule.forRoot({ wildcard: true })'
      : null;
  if (needed === null) return;
  throw new BackupError(
    'CONFIG_INVALID',
    `The options of BackupModule are wrong: "events" names "${event}", which cannot be received without ${needed}.`,
  );
}
