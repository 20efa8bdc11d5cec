import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';

const TABLE = 'backup_snapshots';

/** Of which database a snapshot is, and whether it holds all of its tables. */
export class AddExtent1764300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumns(TABLE, [
      new TableColumn({ name: 'data_source', type: 'varchar', isNullable: true }),
      new TableColumn({ name: 'partial', type: 'integer', default: 0 }),
    ]);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumns(TABLE, ['data_source', 'partial']);
  }
}
