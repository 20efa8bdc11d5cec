import { Body, Get, Put } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { ConfigStore } from '../operations/config.store.js';
import { BackupScheduler } from '../triggers/backup.scheduler.js';
import { ApiErrors } from './api-errors.decorator.js';
import { BackupController } from './backup-controller.decorator.js';
import { ConfigChanges, ConfigResponse } from './responses/config.response.js';
import { ScheduleEntryResponse } from './responses/upkeep.response.js';

/** What an admin may change while everything runs, and what follows from it. */
@BackupController()
export class SettingsController {
  constructor(
    private readonly config: ConfigStore,
    private readonly scheduler: BackupScheduler,
  ) {}

  @Get('config')
  @ApiOperation({ summary: 'Settings in effect' })
  @ApiOkResponse({ type: ConfigResponse })
  @ApiErrors('MAINTENANCE')
  settings(): ConfigResponse {
    return this.config.get();
  }

  @Put('config')
  @ApiOperation({ summary: 'Change the settings that the body names; in effect at once' })
  @ApiBody({ type: ConfigChanges })
  @ApiOkResponse({ type: ConfigResponse, description: 'All settings.' })
  @ApiErrors('CONFIG_INVALID', 'DISK_FULL', 'FOLDER_NOT_WRITABLE', 'MAINTENANCE')
  change(@Body() changes: unknown): Promise<ConfigResponse> {
    return this.config.update(changes);
  }

  @Get('schedule')
  @ApiOperation({ summary: 'When each plan runs next, and how it last went' })
  @ApiOkResponse({ type: [ScheduleEntryResponse] })
  @ApiErrors('MAINTENANCE')
  schedule(): Promise<ScheduleEntryResponse[]> {
    return this.scheduler.schedule();
  }
}
