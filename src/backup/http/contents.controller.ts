import { Get, type StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam } from './openapi.js';
import { BackupError } from '../model/errors.js';
import { ExtractOperation } from '../operations/extract.operation.js';
import { ApiErrors } from './api-errors.decorator.js';
import { BackupController } from './backup-controller.decorator.js';
import { ArchiveName, ArchivedDocument, Query, SnapshotId, TableName, TakesGzip } from './inputs.js';
import { DownloadQuery, RowsQuery } from './requests.js';
import { streamed } from './streamed.js';

const JSON_TYPE = 'application/json; charset=utf-8';
const ROWS = { type: 'array' as const, items: { type: 'object' as const, additionalProperties: true } };
const NUMBER = { type: 'integer' as const };
const EXTRACT = {
  type: 'object' as const,
  required: ['filename', 'archive', 'data'],
  properties: {
    filename: { type: 'string' as const },
    archive: { type: 'string' as const },
    data: { type: 'object' as const, additionalProperties: ROWS },
  },
};
const TABLE = {
  type: 'object' as const,
  required: ['table', 'offset', 'limit', 'total', 'rows'],
  properties: { table: { type: 'string' as const }, offset: NUMBER, limit: NUMBER, total: NUMBER, rows: ROWS },
};

/** What is inside a snapshot, without touching live data. Streams only: a snapshot may be larger than memory. */
@BackupController()
export class ContentsController {
  constructor(private readonly contents: ExtractOperation) {}

  @Get('extract/:archive/:filename')
  @ApiOperation({ summary: 'Rows of a snapshot inside an archive' })
  @ApiParam({ name: 'filename', type: String, example: 'auto_backup_20260115_120000.json' })
  @ApiParam({ name: 'archive', type: String, example: 'archived_backups_20260115.zip' })
  @ApiOkResponse({
    description: 'Streamed; a differential is merged with its base.',
    content: { 'application/json': { schema: EXTRACT } },
  })
  @ApiErrors('ARCHIVE_NOT_FOUND', 'FILE_NOT_IN_ARCHIVE', 'ARCHIVE_CORRUPT', 'MAINTENANCE')
  async extract(@ArchiveName() archive: string, @ArchivedDocument() filename: string): Promise<StreamableFile> {
    try {
      return await streamed(await this.contents.extract(archive, filename), { type: JSON_TYPE });
    } catch (error) {
      throw inArchive(error);
    }
  }

  @Get(':id/download')
  @ApiOperation({ summary: 'The whole document as a file' })
  @ApiParam({ name: 'id', type: String })
  @ApiOkResponse({
    description:
      'Streamed as an attachment; a differential is merged with its base unless `raw` is set. A compressed document comes as JSON, with `Content-Encoding: gzip` where the client takes it; with `raw` as the file that is stored.',
    content: {
      'application/json': { schema: { type: 'string', format: 'binary' } },
      'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
    },
  })
  @ApiErrors(
    'VALIDATION_FAILED',
    'SNAPSHOT_NOT_FOUND',
    'SNAPSHOT_CORRUPT',
    'ARCHIVE_CORRUPT',
    'INDEXING',
    'MAINTENANCE',
  )
  async download(
    @SnapshotId() id: string,
    @Query() { raw }: DownloadQuery,
    @TakesGzip() takesGzip: boolean,
  ): Promise<StreamableFile> {
    const { stream, filename, size, encoding } = raw
      ? await this.contents.raw(id)
      : await this.contents.document(id, { takesGzip });
    const disposition = `attachment; filename="${filename}"`;
    const type = filename.endsWith('.json') ? JSON_TYPE : 'application/octet-stream';
    const length = size === null ? {} : { length: size };
    return streamed(stream, { type, disposition, ...length, ...(encoding && { encoding }) });
  }

  @Get(':id/tables/:table')
  @ApiOperation({ summary: 'Rows of one table' })
  @ApiParam({ name: 'table', type: String, example: 'users' })
  @ApiParam({ name: 'id', type: String })
  @ApiOkResponse({ description: 'Streamed.', content: { 'application/json': { schema: TABLE } } })
  @ApiErrors(
    'VALIDATION_FAILED',
    'SNAPSHOT_NOT_FOUND',
    'TABLE_NOT_FOUND',
    'SNAPSHOT_CORRUPT',
    'ARCHIVE_CORRUPT',
    'INDEXING',
    'MAINTENANCE',
  )
  async rows(
    @SnapshotId() id: string,
    @TableName() table: string,
    @Query() { offset, limit }: RowsQuery,
  ): Promise<StreamableFile> {
    return streamed(await this.contents.table(id, table, offset, limit), { type: JSON_TYPE });
  }
}

/** A document that was sound when it was packed and cannot be read now is a fault of its archive. */
function inArchive(error: unknown): unknown {
  if (!(error instanceof BackupError) || error.code !== 'SNAPSHOT_CORRUPT') return error;
  return new BackupError('ARCHIVE_CORRUPT', error.message, error.details, { cause: error });
}
