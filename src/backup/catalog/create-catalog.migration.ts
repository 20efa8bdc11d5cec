import { Table, type MigrationInterface, type QueryRunner, type TableColumnOptions } from 'typeorm';

const text = (name: string): TableColumnOptions => ({ name, type: 'text' });
const name = (name: string): TableColumnOptions => ({ name, type: 'varchar' });
const whole = (name: string): TableColumnOptions => ({ name, type: 'bigint' });
const small = (name: string): TableColumnOptions => ({ name, type: 'integer' });
const key = (column: TableColumnOptions): TableColumnOptions => ({ ...column, isPrimary: true });
const optional = (column: TableColumnOptions): TableColumnOptions => ({ ...column, isNullable: true });

/** Index over some columns, ending in the order of pages: newest first, ids among equals. */
const paged = (table: string, column: string) => ({
  name: `idx_${table}_${column}`,
  columnNames: [...new Set([column, 'created_at', 'id'])],
});

/** Tables carry a prefix, so that a catalog can live in a database with other things. */
export class CreateCatalog1763700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'backup_snapshots',
        columns: [
          key(name('id')),
          name('created_at'),
          name('location'),
          optional(name('archive')),
          name('plan'),
          name('trigger_type'),
          name('kind'),
          optional(name('base')),
          whole('size_bytes'),
          whole('duration_ms'),
          small('pinned'),
          optional(name('verified_at')),
          optional(small('is_valid')),
          name('filename'),
          name('source'),
          name('engine'),
          name('checksum'),
          optional(text('description')),
          optional(text('captured_description')),
          text('search'),
          text('trigger'),
          text('tables'),
        ],
        indices: [
          ...['created_at', 'location', 'archive', 'plan', 'trigger_type', 'kind'].map((column) =>
            paged('backup_snapshots', column),
          ),
          { name: 'idx_backup_snapshots_base', columnNames: ['base'] },
          { name: 'idx_backup_snapshots_size', columnNames: ['location', 'size_bytes'] },
        ],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'backup_jobs',
        columns: [
          key(name('id')),
          name('created_at'),
          name('type'),
          name('status'),
          optional(name('plan')),
          optional(name('stage')),
          { name: 'progress', type: 'float' },
          optional(name('requested_by')),
          optional(name('started_at')),
          optional(name('finished_at')),
          optional(name('snapshot_id')),
          small('owner_pid'),
          optional(text('trigger')),
          optional(text('error')),
          optional(text('result')),
        ],
        indices: ['created_at', 'type', 'status'].map((column) => paged('backup_jobs', column)),
      }),
    );
    await runner.createTable(
      new Table({
        name: 'backup_archives',
        columns: [key(name('filename')), name('date'), whole('size_bytes'), name('revision')],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['backup_archives', 'backup_jobs', 'backup_snapshots']) await runner.dropTable(table);
  }
}
