import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, writeSync } from 'node:fs';
import { openStored, type StoredFile } from '../../../archive/stored-file.js';
import { openForWriting } from '../../shared/open-for-writing.js';
import { assertReadsBack } from '../../shared/read-back.js';
import type { Program } from './program.js';

/** Writes what a program prints to a file of its own; it is on disk, and was read back, when this is done. */
export async function writeDocument(
  path: string,
  bytes: AsyncIterable<Buffer>,
): Promise<{ sizeBytes: number; checksum: string }> {
  const hash = createHash('sha256');
  const file = openForWriting(path);
  let sizeBytes = 0;
  try {
    for await (const piece of bytes) {
      hash.update(piece);
      for (let done = 0; done < piece.length;) done += writeSync(file, piece, done);
      sizeBytes += piece.length;
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  const checksum = hash.digest('hex');
  assertReadsBack(path, checksum);
  return { sizeBytes, checksum };
}

/**
 * Feeds a stored document to a program, which may stop reading when it knows enough.
 * @returns the checksum of all stored bytes
 */
export async function feed(document: StoredFile, program: Program): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of (await openStored(document)) as AsyncIterable<Buffer>) {
    hash.update(piece);
    await program.write(piece);
  }
  program.endInput();
  return hash.digest('hex');
}
