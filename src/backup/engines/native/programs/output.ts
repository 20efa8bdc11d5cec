import { createHash } from 'node:crypto';
import type { StoredFile } from '../../../archive/stored-file.js';
import { openContent } from '../../shared/document.content.js';
import { DocumentOutput, type WrittenFile } from '../../shared/document.output.js';
import { assertReadsBack } from '../../shared/read-back.js';
import type { Program } from './program.js';

/** Writes what a program prints to a file of its own; it is on disk, and was read back, when this is done. */
export async function writeDocument(
  path: string,
  bytes: AsyncIterable<Buffer>,
  codec: string | undefined,
): Promise<WrittenFile> {
  const output = new DocumentOutput(path, codec);
  try {
    for await (const piece of bytes) output.write(piece);
  } catch (error) {
    output.abandon();
    throw error;
  }
  const written = output.finish();
  assertReadsBack(path, written.checksum);
  return written;
}

/**
 * Feeds a stored document to a program, which may stop reading when it knows enough.
 * @returns the SHA-256 of all of its content
 */
export async function feed(document: StoredFile, codec: string | undefined, program: Program): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of (await openContent(document, codec)) as AsyncIterable<Buffer>) {
    hash.update(piece);
    await program.write(piece);
  }
  program.endInput();
  return hash.digest('hex');
}
