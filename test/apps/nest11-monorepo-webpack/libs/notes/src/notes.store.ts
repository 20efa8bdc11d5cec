import { mkdirSync } from 'node:fs';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import Database from 'better-sqlite3';

export interface Note {
  id: number;
  text: string;
}

@Injectable()
export class NotesStore implements OnApplicationShutdown {
  private readonly database: Database.Database;

  constructor() {
    mkdirSync('data', { recursive: true });
    this.database = new Database('data/notes.db');
    this.database.pragma('journal_mode = WAL');
    this.database.exec('CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)');
  }

  all(): Note[] {
    return this.database.prepare<[], Note>('SELECT * FROM notes ORDER BY id').all();
  }

  add(text: string): void {
    this.database.prepare('INSERT INTO notes (text) VALUES (?)').run(text);
  }

  remove(id: number): void {
    this.database.prepare('DELETE FROM notes WHERE id = ?').run(id);
  }

  onApplicationShutdown(): void {
    this.database.close();
  }
}
