import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { documentName } from '../../src/backup/model/snapshot-id.js';
import { daysAgo, SnapshotSeed } from './planted-snapshots.js';
import { Program } from './program.js';

/** Ids of snapshots of a program that has been at work for weeks, by what is special about each. */
export interface Seeded {
  program: Program;
  /** Of today, and full: it knows the admin alone, and `later` needs it. */
  base: string;
  /** Of today, and differential, described as "Two students": it knows them, too. */
  later: string;
  /** Of twenty days ago, in the archive of that day, with what `base` holds. */
  archived: string;
  /** Of two days ago, and one of its bits was turned since. */
  damaged: string;
}

export const STUDENTS = ['ann', 'ben'].map((name) => ({
  email: `${name}@example.com`,
  password: 'a good password',
  name,
}));

/** A running program on a temporary folder, with a snapshot of every sort. Its timers and listeners are off. */
export async function seededProgram(): Promise<Seeded> {
  const program = new Program(await mkdtemp(join(tmpdir(), 'browser-')));
  await mkdir(dirname(program.database));
  inDatabase(program, addCourses);
  await program.start();
  const { id: base } = await program.capture();
  const seed = await SnapshotSeed.read(program.backups, base);
  const archived = await seed.plant(program.backups, daysAgo(20, '12:00:00'));
  await program.post('/cleanup');
  const damaged = await seed.plant(program.backups, daysAgo(2, '12:00:00'));
  await program.post('/cleanup'); // it lists what was planted
  await turnBit(join(program.backups, documentName(damaged)));
  for (const student of STUDENTS) await program.ask('POST', '/users', student);
  const { id: later } = await program.capture();
  await program.patch(`/${later}`, { description: 'Two students' });
  return { program, base, later, archived, damaged };
}

export async function removeProgram(program: Program): Promise<void> {
  await program.stop();
  await rm(program.folder, { recursive: true, force: true });
}

/** Does something to its data that no request would. */
export function inDatabase<T>(program: Program, work: (database: Database.Database) => T): T {
  const database = new Database(program.database);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/** Enough that what changes later is little beside it. */
function addCourses(database: Database.Database): void {
  database.exec(`
    CREATE TABLE courses (id INTEGER PRIMARY KEY, title TEXT NOT NULL);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
    INSERT INTO courses SELECT i, 'Course ' || i || ', which is about ' || hex(zeroblob(150)) FROM n;
  `);
}

/** In the middle of the file. */
async function turnBit(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length >> 1]! ^= 0x01;
  await writeFile(path, bytes);
}
