import { int, mysqlTable, varchar } from 'drizzle-orm/mysql-core';

export const notes = mysqlTable('notes', {
  id: int().primaryKey().autoincrement(),
  text: varchar({ length: 200 }).notNull(),
});

export const accounts = mysqlTable('accounts', {
  id: int().primaryKey().autoincrement(),
  name: varchar({ length: 200 }).notNull(),
});
