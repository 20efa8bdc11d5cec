import { TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';

/** Which full snapshot, of a database and files together, a snapshot is a part of. */
export class AddParts1763800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('backup_snapshots', new TableColumn({ name: 'part_of', type: 'varchar', isNullable: true }));
    await runner.createIndex(
      'backup_snapshots',
      new TableIndex({ name: 'idx_backup_snapshots_part_of', columnNames: ['part_of'] }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropIndex('backup_snapshots', 'idx_backup_snapshots_part_of');
    await runner.dropColumn('backup_snapshots', 'part_of');
  }
}
