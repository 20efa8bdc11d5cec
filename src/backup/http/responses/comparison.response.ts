import { ApiProperty, ApiSchema } from '../openapi.js';
import type { RestorePreview } from '../../engines/database.engine.js';
import type { Comparison, StateName, TableComparison } from '../../model/comparison.js';
import { SchemaDifferenceResponse } from './error.response.js';

const COUNT = { type: 'integer', nullable: true } as const;
const ROW = {
  type: 'object',
  additionalProperties: true,
  nullable: true,
  description: 'The row as the document stores it; null if there is none.',
} as const;

@ApiSchema({ name: 'BackupState' })
export class StateResponse implements StateName {
  @ApiProperty({
    example: 'auto_backup_20260130_120000',
    description: 'Id of a snapshot, or `now` for the live database.',
  })
  id!: string;

  @ApiProperty({ format: 'date-time' })
  at!: string;
}

@ApiSchema({ name: 'BackupTableComparison' })
export class TableComparisonResponse implements TableComparison {
  @ApiProperty({ example: 'users' })
  table!: string;

  @ApiProperty({ ...COUNT, description: 'Null if the table does not exist before.' })
  rows_before!: number | null;

  @ApiProperty({ ...COUNT, description: 'Null if the table does not exist after.' })
  rows_after!: number | null;

  @ApiProperty({
    description: 'False if the two versions of the table have no column in common; nothing is counted then.',
  })
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
      'How rows are matched. Without a primary key, rows are matched by all their values: no row counts as updated, and duplicates are counted one by one. ' +
      'Null if no row had to be read.',
  })
  matched_by!: 'primary_key' | 'row' | null;

  @ApiProperty({ type: [String], description: 'Columns that exist only before; they are not compared.' })
  columns_only_before!: string[];

  @ApiProperty({ type: [String], description: 'Columns that exist only after; they are not compared.' })
  columns_only_after!: string[];
}

@ApiSchema({ name: 'BackupComparison' })
export class ComparisonResponse implements Comparison {
  @ApiProperty({ type: StateResponse })
  before!: StateResponse;

  @ApiProperty({ type: StateResponse })
  after!: StateResponse;

  @ApiProperty({
    type: [TableComparisonResponse],
    description: 'Every table that exists before or after, ordered by name.',
  })
  tables!: TableComparisonResponse[];
}

@ApiSchema({ name: 'BackupRestorePreview' })
export class RestorePreviewResponse extends ComparisonResponse implements RestorePreview {
  @ApiProperty({
    type: [SchemaDifferenceResponse],
    description: 'Differences for which a restore fails with SCHEMA_MISMATCH unless `allow_schema_changes` is set.',
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

  @ApiProperty({ type: 'integer', description: 'Number of changes on all pages.' })
  total!: number;

  @ApiProperty({
    type: [ChangedRowResponse],
    description: "Ordered by primary key; without one, by the rows' JSON.",
  })
  rows!: ChangedRowResponse[];
}
