import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/mysql2';
import { createPool } from 'mysql2/promise';

@Injectable()
export class Database implements OnModuleInit, OnApplicationShutdown {
  private readonly pool = createPool(process.env.DATABASE_URL!);
  readonly drizzle = drizzle(this.pool);

  async onModuleInit(): Promise<void> {
    for (const [table, column] of [
      ['notes', 'text'],
      ['accounts', 'name'],
    ]) {
      await this.drizzle.execute(
        sql.raw(
          `CREATE TABLE IF NOT EXISTS ${table} (id int AUTO_INCREMENT PRIMARY KEY, ${column} varchar(200) NOT NULL)`,
        ),
      );
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }
}
