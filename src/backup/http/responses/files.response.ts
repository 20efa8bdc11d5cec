import { ApiProperty, ApiSchema } from '../openapi.js';
import type { PathText } from '../../engines/files/byte-path.js';
import type { FilesPage, ListedFile } from '../../engines/files/files.requests.js';

const FILE_TYPES = ['file', 'directory', 'symlink', 'hardlink', 'skipped'] as const satisfies ListedFile['type'][];
const PATH = {
  oneOf: [
    { type: 'string' as const },
    {
      type: 'object' as const,
      required: ['$hex'],
      properties: { $hex: { type: 'string' as const } },
      description: 'The bytes of a path that is not valid UTF-8.',
    },
  ],
};

@ApiSchema({ name: 'BackupListedFile' })
export class ListedFileResponse implements ListedFile {
  @ApiProperty({ ...PATH, description: 'Absolute path, as captured.', example: '/srv/uploads/letter.pdf' })
  path!: PathText;

  @ApiProperty({ description: 'The last part of the path, for display.', example: 'letter.pdf' })
  name!: string;

  @ApiProperty({ enum: FILE_TYPES, description: '`skipped`: it existed but could not be captured.' })
  type!: ListedFile['type'];

  @ApiProperty({ type: 'integer', nullable: true, description: 'Null unless it is a file.' })
  size_bytes!: number | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  modified_at!: string | null;

  @ApiProperty({ ...PATH, nullable: true, description: 'The target of a link.' })
  target!: PathText | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why it is not in the snapshot.' })
  skipped_reason!: string | null;
}

@ApiSchema({ name: 'BackupFilesPage' })
export class FilesPageResponse implements FilesPage {
  @ApiProperty({ ...PATH, nullable: true, description: 'The folder; null for the captured paths.' })
  path!: PathText | null;

  @ApiProperty({ type: 'integer' })
  offset!: number;

  @ApiProperty({ type: 'integer' })
  limit!: number;

  @ApiProperty({ type: 'integer' })
  total!: number;

  @ApiProperty({ type: [ListedFileResponse] })
  entries!: ListedFileResponse[];
}
