import { Injectable, Logger } from '@nestjs/common';
import type * as EventEmitter from '@nestjs/event-emitter';
import { asBackupError } from '../model/errors.js';
import { ROLE_CREATED } from '../model/events.js';
import type { Subject } from '../model/trigger.js';
import { CaptureOperation } from '../operations/capture.operation.js';
import { ResolvedOptions } from '../operations/resolved-options.js';
import { optionalPackage } from '../system/optional-package.js';

// eslint-disable-next-line @typescript-eslint/no-require-imports -- optional, and needed before the first decorator
const events = optionalPackage<typeof EventEmitter>('@nestjs/event-emitter', () => require('@nestjs/event-emitter'));
const OnEvent = events?.OnEvent ?? (() => () => undefined);

/** Longer than any role or id a host should have; what stands here ends up in manifests and file names. */
const LONGEST = 200;

/**
 * Takes a snapshot whenever an account or a role was created. Hears the events of the host's own EventEmitterModule; without one it is silent.
 * A backup that fails is logged and recorded and never troubles whoever created the account.
 */
@Injectable()
export class RoleCreatedListener {
  private readonly logger = new Logger('Backup');

  constructor(
    private readonly captures: CaptureOperation,
    private readonly options: ResolvedOptions,
  ) {}

  @OnEvent(ROLE_CREATED)
  async onRoleCreated(payload: unknown): Promise<void> {
    if (!this.options.triggers) return;
    const subject = subjectOf(payload);
    if (!subject) {
      this.logger.warn(
        `Ignored a "${ROLE_CREATED}" event: its payload must be { role: string, user_id: number | string, label?: string }`,
      );
      return;
    }
    try {
      await this.captures.request({ trigger: { type: 'event', event: ROLE_CREATED, subjects: [subject] } });
    } catch (error) {
      this.logger.error(
        `No backup was started for the new ${subject.role} ${subject.user_id}: ${asBackupError(error).message}`,
      );
    }
  }
}

function subjectOf(payload: unknown): Subject | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const { role, user_id, label } = payload as { role?: unknown; user_id?: unknown; label?: unknown };
  if (!isName(role) || !(isName(user_id) || Number.isSafeInteger(user_id))) return undefined;
  const named = typeof label === 'string' ? labelOf(label) : '';
  return { role, user_id: user_id as Subject['user_id'], ...(named !== '' && { label: named }) };
}

/** On one line, and not too long. */
const labelOf = (text: string): string =>
  text
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, LONGEST)
    .trim();

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= LONGEST;
