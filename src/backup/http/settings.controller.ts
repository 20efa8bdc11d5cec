import { Body, Get, Put } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, PartialType } from '@nestjs/swagger';
import { BackupConfig } from '../model/backup-config.js';
import { ConfigStore } from '../operations/config.store.js';
import { BackupScheduler } from '../triggers/backup.scheduler.js';
import { ApiErrors } from './api-errors.decorator.js';
import { BackupController } from './backup-controller.decorator.js';
import { ScheduleEntryResponse } from './responses/upkeep.response.js';

/** Only documents the body: {@link ConfigStore} checks it, with the same rules as the file. */
class BackupConfigChanges extends PartialType(BackupConfig) {}

/** What an admin may change while everything runs, and what follows from it. */
@BackupController()
export class SettingsController {
  constructor(
    private readonly config: ConfigStore,
    private readonly scheduler: BackupScheduler,
  ) {}

  @Get('config')
  @ApiOperation({ summary: 'Settings in effect' })
  @ApiOkResponse({ type: BackupConfig })
  @ApiErrors()
  settings(): BackupConfig {
    return this.config.get();
  }

  @Put('config')
  @ApiOperation({ summary: 'Change the settings that the body names; in effect at once' })
  @ApiBody({ type: BackupConfigChanges })
  @ApiOkResponse({ type: BackupConfig, description: 'All settings.' })
  @ApiErrors('CONFIG_INVALID', 'DISK_FULL', 'FOLDER_NOT_WRITABLE', 'MAINTENANCE')
  change(@Body() changes: unknown): Promise<BackupConfig> {
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
