import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateUsers1700000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // AUTOINCREMENT, so that an id is never given to a second account: tokens and backup names carry it.
    await queryRunner.query(`
      CREATE TABLE "users" (
        "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
        "email" varchar NOT NULL UNIQUE,
        "name" varchar NOT NULL,
        "role" varchar NOT NULL CHECK ("role" IN ('student', 'instructor', 'admin')),
        "password_hash" varchar NOT NULL,
        "created_at" datetime NOT NULL
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "users"');
  }
}
