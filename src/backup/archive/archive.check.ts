import { createHash } from 'node:crypto';
import { BackupError } from '../model/errors.js';
import { archiveCorrupt, quoted } from './archive.errors.js';
import { ArchiveReader } from './archive.reader.js';
import { README_NAME } from './archive.readme.js';
import type { ArchiveRun } from './archive.writer.js';

export interface ExpectedEntry {
  size: number;
  /** Hex. */
  sha256: string;
  /** What the digest is of, where it is not the content of the entry: the gzip file that it was made of. */
  readAs?: string;
}

/**
 * Re-reads a whole archive, entry by entry: it must hold exactly the expected names and the README, each with the expected size and
 * SHA-256. Regular files are removed only after this.
 * @throws BackupError `ARCHIVE_CORRUPT` naming the first difference
 */
export async function checkArchive(
  path: string,
  expected: ReadonlyMap<string, ExpectedEntry>,
  run: ArchiveRun = {},
): Promise<void> {
  const reader = await ArchiveReader.open(path);
  try {
    const missing = [README_NAME, ...expected.keys()].sort().find((name) => !reader.entries.has(name));
    if (missing !== undefined) throw archiveCorrupt(path, `its entry ${quoted(missing)} is missing`, missing);
    let done = 0;
    for (const [name, { size }] of reader.entries) {
      const wanted = expected.get(name);
      if (!wanted && name !== README_NAME)
        throw archiveCorrupt(path, `its entry ${quoted(name)} does not belong there`, name);
      if (wanted && wanted.size !== size) {
        throw archiveCorrupt(path, `its entry ${quoted(name)} has ${size} bytes instead of ${wanted.size}`, name);
      }
      const sha256 = await digest(reader, wanted?.readAs ?? name, run.signal);
      if (wanted && wanted.sha256 !== sha256)
        throw archiveCorrupt(path, `its entry ${quoted(name)} does not match its SHA-256`, name);
      run.onEntry?.(++done, reader.entries.size);
    }
  } finally {
    await reader.close();
  }
}

async function digest(reader: ArchiveReader, name: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of await reader.stream(name)) {
    if (signal?.aborted) throw new BackupError('CANCELLED', 'Checking the archive was cancelled.');
    hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}
