import type { FileHandle } from 'node:fs/promises';
import { parseExtraFields, type Entry, type LocalFileHeader, type ZipFile } from 'yauzl';
import { HAS_DESCRIPTOR } from './archive.entry-rules.js';
import { ArchiveDefect, quoted } from './archive.errors.js';
import { readExactly } from './read-exactly.js';

const IN_ZIP64_FIELD = 0xffffffff;

/**
 * Finds where each entry's bytes start, and proves that the entries lie one behind the other from the file's first byte to its
 * central directory, each described there as in the directory. So nothing overlaps, nothing points elsewhere, nothing is hidden between.
 */
export async function locateEntries(
  file: FileHandle,
  zip: ZipFile,
  named: ReadonlyMap<string, Entry>,
  directoryStart: number,
): Promise<Map<string, number>> {
  const starts = new Map<string, number>();
  const inOrder = [...named].sort(([, a], [, b]) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader);
  let expected = 0;
  for (const [index, [name, entry]] of inOrder.entries()) {
    const refuse = (reason: string) => new ArchiveDefect(`its entry ${quoted(name)} ${reason}`, name);
    if (entry.relativeOffsetOfLocalHeader !== expected)
      throw refuse('overlaps another entry, or follows bytes that belong to no entry');
    const local = await zip.readLocalFileHeaderPromise(entry);
    const difference = differenceBetween(local, entry);
    if (difference) throw refuse(`is described differently in two places (${difference})`);

    const dataEnd = local.fileDataStart + entry.compressedSize;
    const next = inOrder[index + 1]?.[1].relativeOffsetOfLocalHeader ?? directoryStart;
    if (hasDescriptor(entry)) {
      if (!(await isDescriptor(file, dataEnd, next, entry)))
        throw refuse('is described differently in two places (data descriptor)');
      expected = next;
    } else {
      expected = dataEnd;
    }
    starts.set(name, local.fileDataStart);
  }
  if (expected !== directoryStart) throw new ArchiveDefect('it holds bytes that belong to no entry');
  return starts;
}

const hasDescriptor = ({ generalPurposeBitFlag }: Entry) => (generalPurposeBitFlag & HAS_DESCRIPTOR) !== 0;

function differenceBetween(local: LocalFileHeader, entry: Entry): string | undefined {
  if (!local.fileName.equals(entry.fileNameRaw)) return 'name';
  if (local.compressionMethod !== entry.compressionMethod) return 'method';
  if (local.generalPurposeBitFlag !== entry.generalPurposeBitFlag) return 'flags';
  const sizes = localSizes(local);
  if (!sizes) return 'sizes';
  const declared = [local.crc32, ...sizes];
  const listed = [entry.crc32, entry.compressedSize, entry.uncompressedSize];
  // A streaming writer does not know them yet, leaves zeros, and says them in the descriptor behind the data.
  if (hasDescriptor(entry) && declared.every((value) => value === 0 || value === IN_ZIP64_FIELD)) return undefined;
  return declared.every((value, index) => value === listed[index]) ? undefined : 'checksum or sizes';
}

/** Compressed and uncompressed size; undefined where they should stand in a ZIP64 field that is not there. */
function localSizes(local: LocalFileHeader): [compressed: number, uncompressed: number] | undefined {
  const { compressedSize, uncompressedSize } = local;
  if (compressedSize !== IN_ZIP64_FIELD && uncompressedSize !== IN_ZIP64_FIELD)
    return [compressedSize, uncompressedSize];
  const zip64 = parseExtraFields(local.extraField).find(({ id }) => id === 1)?.data;
  if (!zip64 || zip64.length < 16) return undefined;
  return [Number(zip64.readBigUInt64LE(8)), Number(zip64.readBigUInt64LE(0))];
}

/** A data descriptor has 32- or 64-bit sizes, and a signature or none: its length tells which. */
async function isDescriptor(file: FileHandle, at: number, end: number, entry: Entry): Promise<boolean> {
  const length = end - at;
  if (![12, 16, 20, 24].includes(length)) return false;
  const bytes = await readExactly(file, at, length);
  if (!bytes) return false;
  const isWide = length >= 20;
  const isSigned = length === 16 || length === 24;
  if (isSigned && bytes.readUInt32LE(0) !== 0x08074b50) return false;
  const fields = bytes.subarray(isSigned ? 4 : 0);
  const size = (index: number) =>
    isWide ? Number(fields.readBigUInt64LE(4 + 8 * index)) : fields.readUInt32LE(4 + 4 * index);
  return (
    fields.readUInt32LE(0) === entry.crc32 && size(0) === entry.compressedSize && size(1) === entry.uncompressedSize
  );
}
