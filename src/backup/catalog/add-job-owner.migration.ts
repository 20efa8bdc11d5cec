import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';

/** Which process runs a job, told from all others that have its number. */
export class AddJobOwner1763900000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('backup_jobs', new TableColumn({ name: 'owner', type: 'text', isNullable: true }));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('backup_jobs', 'owner');
  }
}
