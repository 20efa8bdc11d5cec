import { ApiProperty, ApiSchema } from '../openapi.js';
import type { DatabaseTarget } from '../../engines/database-target.js';
import type { EngineChoice, SourceError } from '../../engines/source.description.js';
import type { BackupErrorCode } from '../../model/errors.js';
import { DATABASE_ENGINES, type DatabaseEngine } from '../../model/plan.js';
import type { AllowedFolder } from '../../operations/allowed-folders.js';
import type { DatabaseSource, Sources } from '../../operations/sources.query.js';
import { ERROR_STATUS } from '../error-status.js';

@ApiSchema({ name: 'BackupSourceError' })
export class SourceErrorResponse implements SourceError {
  @ApiProperty({ enum: Object.keys(ERROR_STATUS) })
  error_code!: BackupErrorCode;

  @ApiProperty()
  message!: string;
}

@ApiSchema({ name: 'BackupEngineChoice' })
export class EngineChoiceResponse implements EngineChoice {
  @ApiProperty({ enum: DATABASE_ENGINES })
  name!: DatabaseEngine;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Why it cannot capture this database here, for example a program that is not installed.',
  })
  problem!: string | null;
}

@ApiSchema({ name: 'BackupDatabaseSource' })
export class DatabaseSourceResponse implements DatabaseSource {
  @ApiProperty({ example: 'default', description: 'Name for `database` in a plan.' })
  name!: string;

  @ApiProperty({ enum: ['sqlite', 'postgres', 'mysql'] })
  type!: DatabaseTarget['type'];

  @ApiProperty({ example: 'school.sqlite', description: 'Name of the database on its server, or of its file.' })
  database_name!: string;

  @ApiProperty({
    type: [String],
    nullable: true,
    description: 'Tables that a plan may list in `tables`; null if they could not be listed, see `error`.',
  })
  tables!: string[] | null;

  @ApiProperty({ type: SourceErrorResponse, nullable: true })
  error!: SourceErrorResponse | null;

  @ApiProperty({ type: [EngineChoiceResponse] })
  engines!: EngineChoiceResponse[];
}

@ApiSchema({ name: 'BackupAllowedFolder' })
export class AllowedFolderResponse implements AllowedFolder {
  @ApiProperty({ example: '/srv/school/uploads' })
  path!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'cannot be read (ENOENT)',
    description: 'Why the folder itself cannot be captured.',
  })
  problem!: string | null;

  @ApiProperty({
    type: [String],
    description: 'Folders in it that a plan may capture, at most 500. Plans may also use deeper folders.',
  })
  folders!: string[];
}

@ApiSchema({ name: 'BackupSources' })
export class SourcesResponse implements Sources {
  @ApiProperty({ type: [DatabaseSourceResponse] })
  databases!: DatabaseSourceResponse[];

  @ApiProperty({ type: [AllowedFolderResponse], description: 'Where plans may capture files (`BACKUP_FILE_ROOTS`).' })
  file_roots!: AllowedFolderResponse[];
}
