import { Body, Controller, Post } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { ROLE_CREATED, type RoleCreatedEvent } from 'nestjs-backup';
import { Database } from './database.js';
import { accounts } from './schema.js';

@Controller('accounts')
export class AccountsController {
  constructor(
    private readonly database: Database,
    private readonly events: EventEmitter2,
  ) {}

  @Post()
  async add(@Body('name') name: string): Promise<void> {
    const [{ id }] = await this.database.drizzle.insert(accounts).values({ name }).$returningId();
    const created: RoleCreatedEvent = { role: 'clerk', user_id: id, label: name };
    this.events.emit(ROLE_CREATED, created);
  }
}
