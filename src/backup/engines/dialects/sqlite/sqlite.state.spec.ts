import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatabaseState } from './sqlite.state.js';

let folder: string;
let path: string;
let writer: Database.Database;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sqlite-state-'));
  path = join(folder, 'shop.db');
  writer = new Database(path);
  writer.exec('CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT); INSERT INTO orders (item) VALUES (1)');
});
afterEach(() => {
  writer.close();
  rmSync(folder, { recursive: true });
});

// This process keeps no lock on the file but for the writer's, which the looks do not need.
function look(): string | null {
  const state = new DatabaseState(path);
  const read = state.read();
  state.close();
  return read;
}

describe.each(['delete', 'truncate', 'persist'])('a database with a rollback journal (%s)', (mode) => {
  it('has no state while somebody writes, the same one while nobody does, and another one afterwards', () => {
    writer.pragma(`journal_mode = ${mode}`);
    writer.exec('UPDATE orders SET item = 2');
    const before = look();
    expect(before).not.toBeNull();
    expect(look()).toBe(before);
    writer.pragma('cache_size = 5'); // pages, so that some are written before the transaction ends, which is when the journal says so
    writer.exec('BEGIN IMMEDIATE');
    const insert = writer.prepare('INSERT INTO orders (item) VALUES (?)');
    for (let n = 0; n < 1000; n++) insert.run('x'.repeat(500));
    expect(look()).toBeNull();
    writer.exec('COMMIT');
    const after = look();
    expect(after).not.toBeNull();
    expect(after).not.toBe(before);
  });
});
