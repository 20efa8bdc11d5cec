import { closeSync, createReadStream, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { BackupError } from '../../../model/errors.js';
import type { SqlitePragmas } from '../../../model/manifest.js';
import type { TaskContext } from '../../../system/child-task-server.js';
import type { SqliteTarget } from '../../database-target.js';
import { openForWriting } from '../../shared/open-for-writing.js';
import { explain, openSource } from '../../dialects/sqlite/sqlite.connection.js';
import { findDamage } from '../../dialects/sqlite/sqlite.integrity.js';
import { readPragmas } from '../../dialects/sqlite/sqlite.pragmas.js';
import { DocumentOutput, type WrittenFile } from '../../shared/document.output.js';
import { assertReadsBack, checksumOf } from '../../shared/read-back.js';
import { openSqlite } from '../../../system/sqlite-driver.js';

/** 2 MB of the usual pages of 4,096 bytes: after each step progress is told, and a child whose parent is gone ends. */
const PAGES_PER_STEP = 512;
const PIECE_BYTES = 1024 * 1024;

/**
 * Copies a database as it is at one moment, page by page, through SQLite's online backup: readers go on, and in write-ahead mode writers do too. One
 * read transaction spans the copy, so that it never has to begin again because somebody wrote.
 * @returns what the source says of itself; a copy keeps no journal mode
 */
export async function copyDatabase(target: SqliteTarget, aside: string, context: TaskContext): Promise<SqlitePragmas> {
  const source = openSource(target, 'read');
  const removeSidecars = () => discardSidecars(aside);
  process.once('exit', removeSidecars);
  try {
    closeSync(openForWriting(aside)); // made here, so that its mode and its not being a link are sure
    source.exec('BEGIN');
    source.prepare('SELECT 1 FROM main.sqlite_schema').get(); // only now the transaction has its snapshot
    await source.backup(aside, {
      progress: ({ totalPages, remainingPages }) => {
        context.report({ stage: 'capture', progress: (0.5 * (totalPages - remainingPages)) / (totalPages + 1) });
        return PAGES_PER_STEP;
      },
    });
    makeSelfContained(aside, target);
    return readPragmas(source);
  } catch (error) {
    discardSidecars(aside);
    throw explain(error, target);
  } finally {
    source.close();
    process.off('exit', removeSidecars);
  }
}

/**
 * Copies a stored database over another, page by page, in one transaction of that: old or new, seen by every open connection. Only the bytes prove it, whose checksum was
 * right; so this is for databases whose rows cannot be written one by one.
 * @param staged the stored database, in no other's use
 */
export async function copyBack(staged: string, target: SqliteTarget, context: TaskContext): Promise<void> {
  const source = openSqlite(staged, { readonly: true });
  let left = Infinity;
  let movedAt = performance.now();
  try {
    await context.breathe();
    await context.whileHeld(() =>
      source.backup(target.path, {
        progress: ({ totalPages, remainingPages }) => {
          if (remainingPages < left) [left, movedAt] = [remainingPages, performance.now()];
          else if (performance.now() - movedAt > target.busyTimeoutMs) throw locked(target);
          context.report({ stage: 'restore', progress: (totalPages - remainingPages) / (totalPages + 1) });
          return PAGES_PER_STEP;
        },
      }),
    );
  } catch (error) {
    throw explain(error, target);
  } finally {
    source.close();
  }
}

/** One file that needs no log beside it, and in which SQLite finds no damage. */
function makeSelfContained(path: string, target: SqliteTarget): void {
  const copy = openSqlite(path, { fileMustExist: true });
  try {
    copy.pragma('journal_mode = delete');
    const [damage] = findDamage(copy);
    if (damage !== undefined) throw damaged(target, damage);
  } finally {
    copy.close();
  }
}

/** Makes the copy the document; everything is on disk when this is done, and was read back. */
export async function finishCopy(path: string, codec: string | undefined, context: TaskContext): Promise<WrittenFile> {
  if (codec === undefined) return fsyncAndMeasure(path);
  const encoded = `${path}.encoded`;
  const output = new DocumentOutput(encoded, codec);
  let isDone = false;
  try {
    for await (const piece of createReadStream(path, { highWaterMark: PIECE_BYTES })) {
      output.write(piece as Buffer);
      await context.breathe();
    }
    const written = output.finish();
    isDone = true;
    assertReadsBack(encoded, written.checksum);
    renameSync(encoded, path);
    return written;
  } catch (error) {
    if (!isDone) output.abandon();
    rmSync(encoded, { force: true });
    throw error;
  }
}

/** The checksum is that of what reads back. */
function fsyncAndMeasure(path: string): WrittenFile {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return { sizeBytes: statSync(path).size, checksum: checksumOf(path) };
}

function discardSidecars(path: string): void {
  for (const sidecar of ['journal', 'wal', 'shm']) rmSync(`${path}-${sidecar}`, { force: true });
}

const damaged = (target: SqliteTarget, finding: string): BackupError =>
  new BackupError(
    'DATABASE_UNAVAILABLE',
    `The database "${basename(target.path)}" is damaged: ${finding}. Restore a snapshot; the engine "json" may still save its rows.`,
  );

const locked = (target: SqliteTarget): BackupError =>
  new BackupError(
    'DATABASE_LOCKED',
    `The database "${basename(target.path)}" stayed locked by another connection. Nothing was changed; try again, or find the transaction that stays open.`,
  );
