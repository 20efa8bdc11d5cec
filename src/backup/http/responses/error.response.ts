import { ApiProperty, ApiPropertyOptional, ApiSchema } from '../openapi.js';
import type { SchemaDifference } from '../../engines/snapshot.engine.js';
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

  @ApiProperty({ description: 'In words.' })
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

  @ApiProperty({ example: 'SNAPSHOT_NOT_FOUND', description: 'Stable name of the error, for programs.' })
  error_code!: string;

  @ApiProperty({ description: 'What is wrong and what to do, for people.' })
  message!: string;

  @ApiPropertyOptional({
    type: [FieldErrorResponse],
    description: 'With VALIDATION_FAILED and CONFIG_INVALID: one entry per bad field.',
  })
  errors?: FieldErrorResponse[];

  @ApiPropertyOptional({ type: [SchemaDifferenceResponse], description: 'With SCHEMA_MISMATCH.' })
  differences?: SchemaDifferenceResponse[];

  @ApiPropertyOptional({
    type: [String],
    description:
      'With SCHEMA_NOT_TRUSTED: what a person has to read first; of a native snapshot of a server its whole schema, though its script may hold more.',
  })
  statements?: string[];

  @ApiPropertyOptional({
    type: [String],
    description: 'With SNAPSHOT_IN_USE: ids of the snapshots that need this one.',
  })
  dependents?: string[];

  @ApiPropertyOptional({
    type: ConfigConsequencesResponse,
    description: 'With DELETIONS_NOT_CONFIRMED: what the next clean-up would do because of the changes.',
  })
  cleanup?: ConfigConsequencesResponse;

  @ApiPropertyOptional({
    description:
      'What is wrong alone, where `message` also says what to do: for clients with words of their own for `advice`.',
  })
  problem?: string;

  @ApiPropertyOptional({
    enum: ADVICE,
    isArray: true,
    description: 'What can be done, for programs; `message` says it in words.',
  })
  advice?: Advice[];

  [detail: string]: unknown;
}
