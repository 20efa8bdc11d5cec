import { Injectable, Logger } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { ROLE_CREATED, type RoleCreatedEvent } from './role-created.event.js';

/** Tells the rest of the application about a new role. Whatever a listener does, the account stands. */
@Injectable()
export class RoleAnnouncer {
  private readonly logger = new Logger('Roles');

  constructor(private readonly events: EventEmitter2) {}

  /** Returns at once: nobody waits for listeners. */
  announce(event: RoleCreatedEvent): void {
    void this.deliver(event);
  }

  private async deliver(event: RoleCreatedEvent): Promise<void> {
    try {
      await this.events.emitAsync(ROLE_CREATED, event);
    } catch (error) {
      this.logger.error(`A listener of ${ROLE_CREATED} failed`, error instanceof Error ? error.stack : String(error));
    }
  }
}
