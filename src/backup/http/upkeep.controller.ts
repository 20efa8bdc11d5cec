import { Get, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from './openapi.js';
import { CleanupOperation } from '../operations/cleanup.operation.js';
import { StatsQuery } from '../operations/stats.query.js';
import { ApiErrors } from './api-errors.decorator.js';
import { BackupController } from './backup-controller.decorator.js';
import { INDEXING_HEADER } from './indexing.header.js';
import { Query, Requester } from './inputs.js';
import { CleanupQuery } from './requests.js';
import { CleanupResponse, StatsResponse } from './responses/upkeep.response.js';

/** How much there is, and making it less. */
@BackupController()
export class UpkeepController {
  constructor(
    private readonly statistics: StatsQuery,
    private readonly cleanup: CleanupOperation,
  ) {}

  @Get('stats')
  @ApiOperation({ summary: 'Counts, sizes and free space' })
  @ApiOkResponse({ type: StatsResponse, headers: INDEXING_HEADER })
  @ApiErrors('MAINTENANCE')
  stats(): Promise<StatsResponse> {
    return this.statistics.stats();
  }

  @Post('cleanup')
  @HttpCode(200)
  @ApiOperation({ summary: 'Clean up now: archive and delete what is due' })
  @ApiOkResponse({ type: CleanupResponse })
  @ApiErrors(
    'VALIDATION_FAILED',
    'CLOCK_DOUBTFUL',
    'ARCHIVE_CORRUPT',
    'DISK_FULL',
    'FOLDER_NOT_WRITABLE',
    'INDEXING',
    'MAINTENANCE',
  )
  clean(
    @Query() { dry_run, confirm_clock }: CleanupQuery,
    @Requester() requester: string | null,
  ): Promise<CleanupResponse> {
    if (dry_run) return this.cleanup.preview();
    return this.cleanup.run(requester ?? 'unknown', 'all', { confirmClock: confirm_clock });
  }
}
