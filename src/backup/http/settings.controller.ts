import { Get, HttpCode, Post, Put } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation } from './openapi.js';
import { ConfigStore } from '../operations/config.store.js';
import { SourcesQuery } from '../operations/sources.query.js';
import { BackupScheduler } from '../triggers/backup.scheduler.js';
import { ApiErrors } from './api-errors.decorator.js';
import { BackupController } from './backup-controller.decorator.js';
import { INDEXING_HEADER } from './indexing.header.js';
import { ClientLeft, PlainBody, Query } from './inputs.js';
import { ConfigQuery } from './requests.js';
import { ConfigChanges, ConfigPreviewResponse, ConfigResponse } from './responses/config.response.js';
import { SourcesResponse } from './responses/sources.response.js';
import { ScheduleEntryResponse } from './responses/upkeep.response.js';

/** What an admin may change while everything runs, and what follows from it. */
@BackupController()
export class SettingsController {
  constructor(
    private readonly config: ConfigStore,
    private readonly scheduler: BackupScheduler,
    private readonly sources: SourcesQuery,
  ) {}

  @Get('config')
  @ApiOperation({ summary: 'Settings in effect' })
  @ApiOkResponse({ type: ConfigResponse })
  @ApiErrors('MAINTENANCE')
  settings(): ConfigResponse {
    return this.config.get();
  }

  @Put('config')
  @ApiOperation({
    summary: 'Change the settings in the body, effective immediately',
    description:
      'If the next clean-up would delete snapshots because of the changes, the response is 409 DELETIONS_NOT_CONFIRMED with the figures in `cleanup`. Repeat the request with their number in `confirm_deletions`.',
  })
  @ApiBody({ type: ConfigChanges })
  @ApiOkResponse({ type: ConfigResponse, description: 'All settings.' })
  @ApiErrors(
    'CONFIG_INVALID',
    'VALIDATION_FAILED',
    'DELETIONS_NOT_CONFIRMED',
    'DISK_FULL',
    'SETTINGS_NOT_WRITABLE',
    'INDEXING',
    'MAINTENANCE',
  )
  change(@PlainBody() changes: unknown, @Query() { confirm_deletions }: ConfigQuery): Promise<ConfigResponse> {
    return this.config.update(changes, confirm_deletions);
  }

  @Post('config/preview')
  @HttpCode(200)
  @ApiOperation({
    summary:
      'Preview changed settings: the result, the next runs of the plans, and what the next clean-up would do because of the changes',
  })
  @ApiBody({ type: ConfigChanges })
  @ApiOkResponse({ type: ConfigPreviewResponse })
  @ApiErrors('CONFIG_INVALID', 'VALIDATION_FAILED', 'INDEXING', 'MAINTENANCE')
  async preview(@PlainBody() changes: unknown): Promise<ConfigPreviewResponse> {
    const config = this.config.preview(changes);
    const [schedule, cleanup] = await Promise.all([this.scheduler.preview(config), this.config.consequences(changes)]);
    return { config, schedule, cleanup };
  }

  @Get('sources')
  @ApiOperation({
    summary: 'What plans can capture: databases with their tables, and allowed folders',
    description:
      'Connects to every database, for at most 15 seconds. One that does not respond is listed with an `error`.',
  })
  @ApiOkResponse({ type: SourcesResponse })
  @ApiErrors('BUSY', 'MAINTENANCE')
  available(@ClientLeft() signal: AbortSignal): Promise<SourcesResponse> {
    return this.sources.sources(signal);
  }

  @Get('schedule')
  @ApiOperation({ summary: 'Next and last run of each plan' })
  @ApiOkResponse({ type: [ScheduleEntryResponse], headers: INDEXING_HEADER })
  @ApiErrors('MAINTENANCE')
  schedule(): Promise<ScheduleEntryResponse[]> {
    return this.scheduler.schedule();
  }
}
