import { ApiProperty, ApiPropertyOptional, ApiSchema } from '../openapi.js';
import type { SchemaDifference } from '../../engines/database.engine.js';
import { ConfigConsequencesResponse } from './config.response.js';
import { ADVICE, type Advice } from '../../model/advice.js';
import type { FieldError } from '../../model/errors.js';

@ApiSchema({ name: 'BackupFieldError' })
export class FieldErrorResponse implements FieldError {
  @ApiProperty({ example: 'retention_days' })
  field!: string;

  @ApiProperty({ example: 'must be a whole number from 1 to 3650' })
  message!: string;
}

@ApiSchema({ name: 'BackupSchemaDifference' })
export class SchemaDifferenceResponse implements SchemaDifference {
  @ApiProperty({ example: 'users' })
  table!: string;

  @ApiProperty({ type: String, nullable: true })
  column!: string | null;

  @ApiProperty({ description: 'The difference in words.' })
  difference!: string;
}

/** The body of every error of the backup routes. */
export interface ErrorBody {
  status_code: number;
  error_code: string;
  message: string;
  [detail: string]: unknown;
}

@ApiSchema({ name: 'BackupErrorResponse' })
export class ErrorResponse implements ErrorBody {
  @ApiProperty({ example: 404 })
  status_code!: number;

  @ApiProperty({ example: 'SNAPSHOT_NOT_FOUND', description: 'Stable error code for programs.' })
  error_code!: string;

  @ApiProperty({ description: 'What is wrong and what to do, in words.' })
  message!: string;

  @ApiPropertyOptional({
    type: [FieldErrorResponse],
    description: 'For VALIDATION_FAILED and CONFIG_INVALID: one entry per invalid field.',
  })
  errors?: FieldErrorResponse[];

  @ApiPropertyOptional({ type: [SchemaDifferenceResponse], description: 'For SCHEMA_MISMATCH: the differences.' })
  differences?: SchemaDifferenceResponse[];

  @ApiPropertyOptional({
    type: [String],
    description:
      'For SCHEMA_NOT_TRUSTED: the statements to read first. For a native snapshot of a server this is the whole schema, though the script may hold more.',
  })
  statements?: string[];

  @ApiPropertyOptional({
    type: [String],
    description: 'For SNAPSHOT_IN_USE: ids of the snapshots that need this one.',
  })
  dependents?: string[];

  @ApiPropertyOptional({
    type: ConfigConsequencesResponse,
    description: 'For DELETIONS_NOT_CONFIRMED: what the next clean-up would do because of the changes.',
  })
  cleanup?: ConfigConsequencesResponse;

  @ApiPropertyOptional({
    description:
      'What is wrong, without what to do: for clients that word `advice` themselves. Present only if `message` also says what to do.',
  })
  problem?: string;

  @ApiPropertyOptional({
    enum: ADVICE,
    isArray: true,
    description: 'What can be done, as codes for programs; `message` says it in words.',
  })
  advice?: Advice[];

  [detail: string]: unknown;
}
