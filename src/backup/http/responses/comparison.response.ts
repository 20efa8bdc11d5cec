import { ApiProperty, ApiSchema } from '../openapi.js';
import type { RestorePreview } from '../../engines/snapshot.engine.js';
import type { Comparison, StateName, TableComparison } from '../../model/comparison.js';
import { SchemaDifferenceResponse } from './error.response.js';

const COUNT = { type: 'integer', nullable: true } as const;
const ROW = {
  type: 'object',
  additionalProperties: true,
  nullable: true,
  description: 'The row as it stands in a document; null where it is not there.',
} as const;

@ApiSchema({ name: 'BackupState' })
export class StateResponse implements StateName {
  @ApiProperty({ example: 'auto_backup_20260130_120000', description: 'Of a snapshot; `now` for the live database.' })
  id!: string;

  @ApiProperty({ format: 'date-time' })
  at!: string;
}

@ApiSchema({ name: 'BackupTableComparison' })
export class TableComparisonResponse implements TableComparison {
  @ApiProperty({ example: 'users' })
  table!: string;

  @ApiProperty({ ...COUNT, description: 'Null where the state before has no such table.' })
  rows_before!: number | null;

  @ApiProperty({ ...COUNT, description: 'Null where the state after has no such table.' })
  rows_after!: number | null;

  @ApiProperty({ description: 'False where the table has no column in common with itself; then nothing is counted.' })
  comparable!: boolean;

  @ApiProperty(COUNT)
  inserted!: number | null;

  @ApiProperty(COUNT)
  updated!: number | null;

  @ApiProperty(COUNT)
  deleted!: number | null;

  @ApiProperty({
    type: String,
    enum: ['primary_key', 'row'],
    nullable: true,
    description:
      'How rows are told to be the same. Without a primary key a row is what it holds: nothing is updated, and equal rows count one by one. ' +
      'Null where no row had to be looked at.',
  })
  matched_by!: 'primary_key' | 'row' | null;

  @ApiProperty({ type: [String], description: 'Columns that only the state before has; they are not compared.' })
  columns_only_before!: string[];

  @ApiProperty({ type: [String], description: 'Columns that only the state after has; they are not compared.' })
  columns_only_after!: string[];
}

@ApiSchema({ name: 'BackupComparison' })
export class ComparisonResponse implements Comparison {
  @ApiProperty({ type: StateResponse })
  before!: StateResponse;

  @ApiProperty({ type: StateResponse })
  after!: StateResponse;

  @ApiProperty({ type: [TableComparisonResponse], description: 'Every table of either state, in the order of names.' })
  tables!: TableComparisonResponse[];
}

@ApiSchema({ name: 'BackupRestorePreview' })
export class RestorePreviewResponse extends ComparisonResponse implements RestorePreview {
  @ApiProperty({
    type: [SchemaDifferenceResponse],
    description: 'What a restore would refuse with SCHEMA_MISMATCH, unless `allow_schema_changes` is set.',
  })
  schema_differences!: SchemaDifferenceResponse[];
}

@ApiSchema({ name: 'BackupChangedRow' })
export class ChangedRowResponse {
  @ApiProperty({ enum: ['inserted', 'updated', 'deleted'] })
  kind!: 'inserted' | 'updated' | 'deleted';

  @ApiProperty(ROW)
  before!: Record<string, unknown> | null;

  @ApiProperty(ROW)
  after!: Record<string, unknown> | null;
}

/** Describes what the engine host streams. */
@ApiSchema({ name: 'BackupChangedRows' })
export class ChangedRowsResponse extends TableComparisonResponse {
  @ApiProperty({ type: StateResponse })
  before!: StateResponse;

  @ApiProperty({ type: StateResponse })
  after!: StateResponse;

  @ApiProperty({ type: 'integer' })
  offset!: number;

  @ApiProperty({ type: 'integer' })
  limit!: number;

  @ApiProperty({ type: 'integer', description: 'Changes on all pages together.' })
  total!: number;

  @ApiProperty({
    type: [ChangedRowResponse],
    description: "In the order of the primary key's values; without a key, in the order of the rows' JSON.",
  })
  rows!: ChangedRowResponse[];
}
