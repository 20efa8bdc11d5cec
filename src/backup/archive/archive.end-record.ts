import type { FileHandle } from 'node:fs/promises';
import { ArchiveDefect } from './archive.errors.js';
import { MAX_ENTRIES } from './archive.names.js';
import { readExactly } from './read-exactly.js';

/** Where the central directory lies, and how many entries it lists. */
export interface EndRecord {
  entries: number;
  directoryStart: number;
  directoryEnd: number;
}

const END_LENGTH = 22;
const LOCATOR_LENGTH = 20;
const ZIP64_END_LENGTH = 56;
const DIRECTORY_RECORD_LENGTH = 46;

/**
 * Reads the record that must be the file's very last bytes: no comment, nothing behind it, and the central directory right before it.
 * ZIP readers disagree about everything else here, and a file that two readers take for two different archives is not a backup.
 */
export async function readEndRecord(file: FileHandle, fileSize: number): Promise<EndRecord> {
  if (fileSize < END_LENGTH) throw new ArchiveDefect(fileSize === 0 ? 'it is empty' : 'it is too short for a ZIP file');
  const length = Math.min(fileSize, END_LENGTH + LOCATOR_LENGTH + ZIP64_END_LENGTH);
  const tail = await readExactly(file, fileSize - length, length);
  if (!tail) throw new ArchiveDefect('it was truncated while it was being read');

  const end = tail.subarray(-END_LENGTH);
  if (end.readUInt32LE(0) !== 0x06054b50 || end.readUInt16LE(20) !== 0) {
    throw new ArchiveDefect(
      'it has no ZIP end record at its end: it is not a ZIP file, is truncated, or has a comment or extra bytes at its end',
    );
  }
  const locatorAt = tail.length - END_LENGTH - LOCATOR_LENGTH;
  const isZip64 = locatorAt >= 0 && tail.readUInt32LE(locatorAt) === 0x07064b50;
  const record = isZip64 ? readZip64(tail, end, fileSize) : readPlain(end, fileSize);

  if (record.entries > MAX_ENTRIES) throw new ArchiveDefect(`it lists more than ${MAX_ENTRIES} entries`);
  const directorySize = record.directoryEnd - record.directoryStart;
  if (record.directoryStart < 0 || directorySize < record.entries * DIRECTORY_RECORD_LENGTH) {
    throw new ArchiveDefect('its central directory is not where its end record says');
  }
  return record;
}

function readPlain(end: Buffer, fileSize: number): EndRecord {
  if (end.readUInt32LE(4) !== 0 || end.readUInt16LE(8) !== end.readUInt16LE(10)) throw multiDisk();
  return located(end.readUInt16LE(10), end.readUInt32LE(12), end.readUInt32LE(16), fileSize - END_LENGTH);
}

function readZip64(tail: Buffer, end: Buffer, fileSize: number): EndRecord {
  const recordEnd = fileSize - END_LENGTH - LOCATOR_LENGTH;
  const locator = tail.subarray(-END_LENGTH - LOCATOR_LENGTH, -END_LENGTH);
  const zip64 = tail.subarray(0, ZIP64_END_LENGTH);
  if (recordEnd < ZIP64_END_LENGTH || Number(locator.readBigUInt64LE(8)) !== recordEnd - ZIP64_END_LENGTH) {
    throw new ArchiveDefect('its ZIP64 end record is not where its locator says');
  }
  if (zip64.readUInt32LE(0) !== 0x06064b50 || Number(zip64.readBigUInt64LE(4)) !== ZIP64_END_LENGTH - 12) {
    throw new ArchiveDefect('its ZIP64 end record is damaged');
  }
  const disks = [end.readUInt32LE(4), locator.readUInt32LE(4), zip64.readUInt32LE(16), zip64.readUInt32LE(20)];
  if (disks.some((disk) => disk !== 0) || locator.readUInt32LE(16) !== 1) throw multiDisk();
  const [onThisDisk, entries, size, start] = [24, 32, 40, 48].map((at) => Number(zip64.readBigUInt64LE(at))) as [
    number,
    number,
    number,
    number,
  ];
  if (onThisDisk !== entries) throw multiDisk();
  const agrees = (plain: number, unknown: number, actual: number) => plain === unknown || plain === actual;
  if (
    !agrees(end.readUInt16LE(8), 0xffff, entries) ||
    !agrees(end.readUInt16LE(10), 0xffff, entries) ||
    !agrees(end.readUInt32LE(12), 0xffffffff, size) ||
    !agrees(end.readUInt32LE(16), 0xffffffff, start)
  ) {
    throw new ArchiveDefect('its two end records contradict each other');
  }
  return located(entries, size, start, recordEnd - ZIP64_END_LENGTH);
}

function located(entries: number, size: number, start: number, directoryEnd: number): EndRecord {
  if (start + size !== directoryEnd) throw new ArchiveDefect('its central directory is not where its end record says');
  return { entries, directoryStart: start, directoryEnd };
}

const multiDisk = () => new ArchiveDefect('it claims to be one part of an archive on several disks');
