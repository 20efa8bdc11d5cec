import { Delete, Get, HttpCode, Patch, type StreamableFile } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiParam } from './openapi.js';
import { Catalog } from '../catalog/catalog.js';
import { RemoveOperation } from '../operations/remove.operation.js';
import { ApiErrors } from './api-errors.decorator.js';
import { BackupController } from './backup-controller.decorator.js';
import { INDEXING_HEADER } from './indexing.header.js';
import { Body, Nothing, Query, Requester, SnapshotId } from './inputs.js';
import { AnnotationRequest, NewestQuery, SnapshotPageQuery } from './requests.js';
import {
  AllSnapshotsResponse,
  DependentsResponse,
  SnapshotPageResponse,
  SnapshotResponse,
} from './responses/snapshot.response.js';
import { StreamedLists } from './streamed-lists.js';
import { invalid } from './fields.js';

/** The list of snapshots, and each one's details. */
@BackupController()
export class SnapshotsController {
  constructor(
    private readonly catalog: Catalog,
    private readonly lists: StreamedLists,
    private readonly removal: RemoveOperation,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List snapshots in pages, newest first' })
  @ApiOkResponse({ type: SnapshotPageResponse, headers: INDEXING_HEADER })
  @ApiErrors('VALIDATION_FAILED', 'MAINTENANCE')
  page(@Query() query: SnapshotPageQuery): Promise<SnapshotPageResponse> {
    return this.catalog.page(query);
  }

  @Get('list')
  @ApiOperation({ summary: 'All regular snapshots. For large numbers use pages: `GET …/backups`' })
  @ApiOkResponse({ type: [SnapshotResponse], headers: INDEXING_HEADER })
  @ApiErrors('VALIDATION_FAILED', 'BUSY', 'MAINTENANCE')
  list(@Query() _none: Nothing): Promise<StreamableFile> {
    return this.lists.regular();
  }

  @Get('all')
  @ApiOperation({
    summary:
      'All regular snapshots, and all archives with their snapshots. For large numbers use pages: `GET …/backups`',
  })
  @ApiOkResponse({ type: AllSnapshotsResponse, headers: INDEXING_HEADER })
  @ApiErrors('VALIDATION_FAILED', 'BUSY', 'MAINTENANCE')
  all(@Query() _none: Nothing): Promise<StreamableFile> {
    return this.lists.all();
  }

  @Get('newest')
  @ApiOperation({
    summary: 'The newest snapshot that restores everything',
    description:
      'Skips safety snapshots, parts of other snapshots, snapshots of some tables only, and snapshots that are damaged or based on a damaged one.',
  })
  @ApiOkResponse({ type: SnapshotResponse })
  @ApiErrors('VALIDATION_FAILED', 'SNAPSHOT_NOT_FOUND', 'INDEXING', 'MAINTENANCE')
  newest(@Query() query: NewestQuery): Promise<SnapshotResponse> {
    return this.catalog.newest(query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One snapshot' })
  @ApiParam({ name: 'id', type: String })
  @ApiOkResponse({ type: SnapshotResponse })
  @ApiErrors('SNAPSHOT_NOT_FOUND', 'INDEXING', 'MAINTENANCE')
  details(@SnapshotId() id: string): Promise<SnapshotResponse> {
    return this.catalog.get(id);
  }

  @Get(':id/dependents')
  @ApiOperation({ summary: 'Snapshots that need this one, which therefore cannot be deleted' })
  @ApiParam({ name: 'id', type: String })
  @ApiOkResponse({ type: DependentsResponse })
  @ApiErrors('SNAPSHOT_NOT_FOUND', 'INDEXING', 'MAINTENANCE')
  async dependents(@SnapshotId() id: string): Promise<DependentsResponse> {
    await this.catalog.get(id);
    return { dependents: await this.catalog.dependents(id) };
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Describe or pin a snapshot' })
  @ApiParam({ name: 'id', type: String })
  @ApiOkResponse({ type: SnapshotResponse })
  @ApiErrors('VALIDATION_FAILED', 'SNAPSHOT_NOT_FOUND', 'DISK_FULL', 'INDEXING', 'MAINTENANCE')
  async annotate(
    @SnapshotId() id: string,
    @Body() { description, pinned }: AnnotationRequest,
  ): Promise<SnapshotResponse> {
    if (description === undefined && pinned === undefined) {
      throw invalid([{ field: 'description', message: 'or "pinned" must be given' }]);
    }
    return this.catalog.annotate(id, { description, pinned });
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a snapshot' })
  @ApiParam({ name: 'id', type: String })
  @ApiNoContentResponse({ description: 'The snapshot was deleted.' })
  @ApiErrors(
    'VALIDATION_FAILED',
    'SNAPSHOT_NOT_FOUND',
    'SNAPSHOT_IN_USE',
    'SNAPSHOT_PINNED',
    'ARCHIVE_CORRUPT',
    'DISK_FULL',
    'FOLDER_NOT_WRITABLE',
    'INDEXING',
    'MAINTENANCE',
  )
  remove(@SnapshotId() id: string, @Requester() requester: string | null): Promise<void> {
    return this.removal.remove(id, requester);
  }
}
