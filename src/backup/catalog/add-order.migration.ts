import { TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';

const TABLE = 'backup_snapshots';
/** Those of the list as it is paged, whose order was that of the time. */
const FILTERS = ['location', 'archive', 'plan', 'trigger_type', 'kind'];

/** In which order snapshots were taken, and what their captures found. */
export class AddOrder1764200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumns(TABLE, [
      new TableColumn({ name: 'sequence', type: 'bigint', isNullable: true }),
      new TableColumn({ name: 'taken_order', type: 'float', isNullable: true }),
      new TableColumn({ name: 'warnings', type: 'text', default: "'[]'" }),
    ]);
    for (const columns of [[], ...FILTERS.map((column) => [column])])
      await runner.createIndex(TABLE, orderedBy(columns));
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const columns of [[], ...FILTERS.map((column) => [column])])
      await runner.dropIndex(TABLE, orderedBy(columns).name!);
    await runner.dropColumns(TABLE, ['sequence', 'taken_order', 'warnings']);
  }
}

const orderedBy = (filters: readonly string[]): TableIndex =>
  new TableIndex({
    name: ['idx_backup_snapshots_order', ...filters].join('_'),
    columnNames: [...filters, 'taken_order', 'created_at', 'id'],
  });
