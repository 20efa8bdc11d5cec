import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Pool } from 'pg';
import type { NewNote, Note } from './note';

@Injectable()
export class NotesRepository implements OnModuleInit, OnApplicationShutdown {
  private readonly pool = new Pool({ connectionString: process.env.DATABASE_URL });

  async onModuleInit(): Promise<void> {
    await this.pool.query('CREATE TABLE IF NOT EXISTS notes (id serial PRIMARY KEY, text text NOT NULL)');
  }

  async all(): Promise<Note[]> {
    return (await this.pool.query<Note>('SELECT * FROM notes ORDER BY id')).rows;
  }

  async add({ text }: NewNote): Promise<void> {
    await this.pool.query('INSERT INTO notes (text) VALUES ($1)', [text]);
  }

  async remove(id: number): Promise<void> {
    await this.pool.query('DELETE FROM notes WHERE id = $1', [id]);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }
}
