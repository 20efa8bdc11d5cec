import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { BackupError } from '../model/errors.js';
import { openRegularFile } from '../system/safe-path.js';
import { quoted } from './archive.errors.js';
import { ArchiveReader } from './archive.reader.js';

/** Where a document or manifest lies: a plain file, or one entry of an archive. */
export interface StoredFile {
  path: string;
  entry: string | null;
}

const READ_BYTES = 1024 * 1024;

/** Streams a stored file from wherever it lies; whatever was opened for it is closed with the stream. */
export async function openStored({ path, entry }: StoredFile): Promise<Readable> {
  if (entry !== null) return openEntry(path, entry);
  try {
    return (await openRegularFile(path)).createReadStream({ highWaterMark: READ_BYTES });
  } catch (error) {
    throw plainFileError(error, path);
  }
}

async function openEntry(path: string, entry: string): Promise<Readable> {
  const reader = await ArchiveReader.open(path);
  try {
    const stream = await reader.stream(entry);
    stream.once('close', () => {
      reader.close().catch(() => undefined); // nothing was written through it: there is nothing to lose
    });
    return stream;
  } catch (error) {
    await reader.close();
    throw error;
  }
}

function plainFileError(error: unknown, path: string): unknown {
  const name = basename(path);
  const { code } = error as { code?: unknown };
  if (code === 'ELOOP' || code === 'ENXIO') {
    return new BackupError(
      'SNAPSHOT_CORRUPT',
      `The stored file ${quoted(name)} is not a regular file. Use another snapshot.`,
    );
  }
  if (code === 'ENOENT') {
    return new BackupError(
      'SNAPSHOT_CORRUPT', // it is listed
      `The stored file ${quoted(name)} is missing from the backup folder. Use another snapshot.`,
    );
  }
  return error;
}
