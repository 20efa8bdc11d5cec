import { Get, Header, type StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam } from './openapi.js';
import { BrowseOperation } from '../operations/browse.operation.js';
import { ApiErrors } from './api-errors.decorator.js';
import { attachment } from './attachment.js';
import { BackupController } from './backup-controller.decorator.js';
import { ClientLeft, Query, SnapshotId } from './inputs.js';
import { capturedPath } from './captured-path.js';
import { FileQuery, FilesQuery } from './requests.js';
import { FilesPageResponse } from './responses/files.response.js';
import { streamed } from './streamed.js';

const BYTES = 'application/octet-stream';
const ERRORS = [
  'VALIDATION_FAILED',
  'SNAPSHOT_NOT_FOUND',
  'INDEXING',
  'FILE_NOT_FOUND',
  'WRONG_FILE_TYPE',
  'SNAPSHOT_CORRUPT',
  'ARCHIVE_CORRUPT',
  'UNSUPPORTED',
  'BUSY',
  'MAINTENANCE',
] as const;

/** The files in a snapshot of files. Their names are compared with its list, and never lead anywhere. */
@BackupController()
export class FilesController {
  constructor(private readonly browse: BrowseOperation) {}

  @Get(':id/files')
  @ApiOperation({ summary: 'List or search the files in a snapshot' })
  @ApiParam({ name: 'id', type: String })
  @ApiOkResponse({ type: FilesPageResponse })
  @ApiErrors(...ERRORS)
  list(
    @SnapshotId() id: string,
    @Query() { path, q, offset, limit }: FilesQuery,
    @ClientLeft() signal: AbortSignal,
  ): Promise<FilesPageResponse> {
    const folder = path === undefined ? null : capturedPath(path)!;
    return this.browse.list(id, { folder, search: q || null, offset, limit }, signal);
  }

  @Get(':id/files/content')
  @Header('X-Content-Type-Options', 'nosniff')
  @ApiOperation({ summary: 'Download one file from a snapshot' })
  @ApiParam({ name: 'id', type: String })
  @ApiOkResponse({
    description: 'Streamed as an attachment; for a differential, from itself or its base.',
    content: { [BYTES]: { schema: { type: 'string', format: 'binary' } } },
  })
  @ApiErrors(...ERRORS)
  async content(
    @SnapshotId() id: string,
    @Query() { path }: FileQuery,
    @ClientLeft() signal: AbortSignal,
  ): Promise<StreamableFile> {
    const { stream, filename, size } = await this.browse.file(id, capturedPath(path)!, signal);
    return streamed(stream, { type: BYTES, disposition: attachment(filename), length: size! });
  }
}
