import { Get, type StreamableFile } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiParam, getSchemaPath } from './openapi.js';
import type { BackupErrorCode } from '../model/errors.js';
import { CompareOperation } from '../operations/compare.operation.js';
import { ApiErrors } from './api-errors.decorator.js';
import { BackupController } from './backup-controller.decorator.js';
import { ClientLeft, Query, SnapshotId } from './inputs.js';
import { DiffQuery, PreviewQuery } from './requests.js';
import { ChangedRowsResponse, ComparisonResponse, RestorePreviewResponse } from './responses/comparison.response.js';
import { streamed } from './streamed.js';

const COMPARISON_ERRORS = [
  'VALIDATION_FAILED',
  'SNAPSHOT_NOT_FOUND',
  'INDEXING',
  'TABLE_NOT_FOUND',
  'SNAPSHOT_CORRUPT',
  'NOT_COMPARABLE',
  'CANCELLED',
  'ARCHIVE_CORRUPT',
  'ENGINE_FAILED',
  'INTERRUPTED',
  'BUSY',
  'MAINTENANCE',
  'DATABASE_LOCKED',
  'DATABASE_UNAVAILABLE',
  'TIMED_OUT',
  'DISK_FULL',
] as const satisfies BackupErrorCode[];

/** What changed between two states of the database. */
@BackupController()
export class ComparisonsController {
  constructor(private readonly comparing: CompareOperation) {}

  @Get(':id/diff')
  @ApiOperation({ summary: 'What changed between this snapshot and another one, or the live database' })
  @ApiParam({ name: 'id', type: String, description: 'The snapshot to compare from.' })
  @ApiExtraModels(ComparisonResponse, ChangedRowsResponse)
  @ApiOkResponse({
    description: 'Counts for every table; with `table`, a streamed page of its changed rows.',
    content: {
      'application/json': {
        schema: { oneOf: [{ $ref: getSchemaPath(ComparisonResponse) }, { $ref: getSchemaPath(ChangedRowsResponse) }] },
      },
    },
  })
  @ApiErrors(...COMPARISON_ERRORS)
  async diff(
    @SnapshotId() id: string,
    @Query() { with: other, table, offset, limit }: DiffQuery,
    @ClientLeft() left: AbortSignal,
  ): Promise<ComparisonResponse | StreamableFile> {
    if (table === undefined) return this.comparing.compare(id, other, left);
    const rows = await this.comparing.rows(id, other, { table, offset, limit }, left);
    return streamed(rows, { type: 'application/json; charset=utf-8' });
  }

  @Get(':id/restore-preview')
  @ApiOperation({ summary: 'What a restore of this snapshot would change, and which schema differences block it' })
  @ApiParam({ name: 'id', type: String })
  @ApiOkResponse({
    type: RestorePreviewResponse,
    description:
      'Compares from the live database to the snapshot. Tables that the snapshot does not hold are not changed and not listed.',
  })
  @ApiErrors(...COMPARISON_ERRORS)
  preview(
    @SnapshotId() id: string,
    @Query() { tables }: PreviewQuery,
    @ClientLeft() left: AbortSignal,
  ): Promise<RestorePreviewResponse> {
    return this.comparing.preview(id, tables ?? null, left);
  }
}
