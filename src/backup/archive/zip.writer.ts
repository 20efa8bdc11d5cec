import type { FileHandle } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { crc32, createDeflateRaw } from 'node:zlib';

/** What an entry is called, and when it was made. */
export interface ZipEntry {
  name: string;
  modifiedAt: Date;
}

/** What is known of an entry before its bytes are written; the rest is filled in afterwards. */
interface Sizes {
  crc32: number;
  compressedSize: number;
  size: number;
}

interface Written extends ZipEntry, Sizes {
  offset: number;
}

const LOCAL_HEADER = 0x04034b50;
const DIRECTORY_RECORD = 0x02014b50;
const ZIP64_END = 0x06064b50;
const ZIP64_LOCATOR = 0x07064b50;
const END = 0x06054b50;

const UTF8_NAME = 1 << 11;
const DEFLATED = 8;
const VERSION = 20;
const VERSION_OF_ZIP64 = 45;
const UNIX = 3 << 8;
const FILE_MODE = 0o100600;
/** What does not fit into 32 bits, or 16, stands in a ZIP64 field. */
const WIDE = 0xffffffff;
const MANY = 0xffff;

const DEFLATE = { level: 6, chunkSize: 64 * 1024 };

/**
 * Writes a ZIP (PKWARE's APPNOTE 6.3.10) into a file: deflated entries with names in UTF-8, one behind the other, each described by its header alone. The header is
 * completed when the entry stands, so there are no data descriptors. ZIP64 fields are used from 4 GB on, and from 65,535 entries.
 */
export class ZipWriter {
  private readonly entries: Written[] = [];
  private position = 0;

  constructor(private readonly file: FileHandle) {}

  /** Deflates an entry. The source is read to its end. */
  async add(entry: ZipEntry, source: Readable): Promise<void> {
    const sizes = { crc32: 0, size: 0 };
    const deflate = createDeflateRaw(DEFLATE);
    const counted = async function* (pieces: AsyncIterable<Buffer>) {
      for await (const piece of pieces) {
        sizes.crc32 = crc32(piece, sizes.crc32);
        sizes.size += piece.length;
        yield piece;
      }
    };
    const bytes = pipeline(source, counted, deflate, () => undefined) as unknown as AsyncIterable<Buffer>;
    await this.write(entry, bytes, () => sizes);
  }

  /**
   * Takes an entry that is deflated already.
   * @param sizes asked for when all of the bytes have been written
   */
  addDeflated(
    entry: ZipEntry,
    deflated: AsyncIterable<Buffer>,
    sizes: () => Omit<Sizes, 'compressedSize'>,
  ): Promise<void> {
    return this.write(entry, deflated, sizes);
  }

  /** Writes the directory. Nothing can be added any more. */
  async end(): Promise<void> {
    const start = this.position;
    for (const entry of this.entries) await this.append(directoryRecord(entry));
    const size = this.position - start;
    const count = this.entries.length;
    if (count >= MANY || start >= WIDE || size >= WIDE) await this.append(zip64End(count, size, start, this.position));
    const end = Buffer.alloc(22);
    end.writeUInt32LE(END, 0);
    end.writeUInt16LE(Math.min(count, MANY), 8);
    end.writeUInt16LE(Math.min(count, MANY), 10);
    end.writeUInt32LE(Math.min(size, WIDE), 12);
    end.writeUInt32LE(Math.min(start, WIDE), 16);
    await this.append(end);
  }

  private async write(
    entry: ZipEntry,
    bytes: AsyncIterable<Buffer>,
    sizes: () => Omit<Sizes, 'compressedSize'>,
  ): Promise<void> {
    const offset = this.position;
    // As long as it will be: its ZIP64 field is there in any case, for nobody knows how large an entry becomes.
    await this.append(localHeader({ ...entry, offset, crc32: 0, compressedSize: 0, size: 0 }));
    const start = this.position;
    for await (const piece of bytes) await this.append(piece);
    const written = { ...entry, ...sizes(), offset, compressedSize: this.position - start };
    await this.put(localHeader(written), offset);
    this.entries.push(written);
  }

  private async append(bytes: Buffer): Promise<void> {
    await this.put(bytes, this.position);
    this.position += bytes.length;
  }

  private async put(bytes: Buffer, position: number): Promise<void> {
    for (let done = 0; done < bytes.length;)
      done += (await this.file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

/** In the local header both sizes stand in 64 bits always, so that its length is known before they are. */
function localHeader(entry: Written): Buffer {
  const name = Buffer.from(entry.name);
  const extra = Buffer.concat([wide([entry.size, entry.compressedSize]), timeField(entry)]);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(LOCAL_HEADER, 0);
  header.writeUInt16LE(VERSION_OF_ZIP64, 4);
  header.writeUInt16LE(UTF8_NAME, 6);
  header.writeUInt16LE(DEFLATED, 8);
  header.writeUInt32LE(dosTime(entry.modifiedAt), 10);
  header.writeUInt32LE(entry.crc32, 14);
  header.writeUInt32LE(WIDE, 18);
  header.writeUInt32LE(WIDE, 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, name, extra]);
}

function directoryRecord(entry: Written): Buffer {
  const name = Buffer.from(entry.name);
  const values = [entry.size, entry.compressedSize, entry.offset];
  const large = values.filter((value) => value >= WIDE);
  const extra = Buffer.concat([large.length > 0 ? wide(large) : Buffer.alloc(0), timeField(entry)]);
  const record = Buffer.alloc(46);
  record.writeUInt32LE(DIRECTORY_RECORD, 0);
  record.writeUInt16LE(UNIX | VERSION_OF_ZIP64, 4);
  record.writeUInt16LE(large.length > 0 ? VERSION_OF_ZIP64 : VERSION, 6);
  record.writeUInt16LE(UTF8_NAME, 8);
  record.writeUInt16LE(DEFLATED, 10);
  record.writeUInt32LE(dosTime(entry.modifiedAt), 12);
  record.writeUInt32LE(entry.crc32, 16);
  record.writeUInt32LE(Math.min(entry.compressedSize, WIDE), 20);
  record.writeUInt32LE(Math.min(entry.size, WIDE), 24);
  record.writeUInt16LE(name.length, 28);
  record.writeUInt16LE(extra.length, 30);
  record.writeUInt32LE((FILE_MODE << 16) >>> 0, 38);
  record.writeUInt32LE(Math.min(entry.offset, WIDE), 42);
  return Buffer.concat([record, name, extra]);
}

/** The ZIP64 field. */
function wide(values: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * values.length, 2);
  values.forEach((value, index) => field.writeBigUInt64LE(BigInt(value), 4 + 8 * index));
  return field;
}

/** Info-ZIP's field of times, in UTC. */
function timeField({ modifiedAt }: ZipEntry): Buffer {
  const field = Buffer.alloc(9);
  field.writeUInt16LE(0x5455, 0);
  field.writeUInt16LE(5, 2);
  field.writeUInt8(1, 4); // the modification time alone
  field.writeInt32LE(Math.min(Math.floor(modifiedAt.getTime() / 1000), 0x7fffffff), 5);
  return field;
}

/** Local time in two-second steps, from 1980 to 2107. */
function dosTime(at: Date): number {
  const year = Math.min(Math.max(at.getFullYear(), 1980), 2107);
  const date = ((year - 1980) << 9) | ((at.getMonth() + 1) << 5) | at.getDate();
  const time = (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1);
  return ((date << 16) | time) >>> 0;
}

function zip64End(count: number, size: number, start: number, position: number): Buffer {
  const end = Buffer.alloc(56);
  end.writeUInt32LE(ZIP64_END, 0);
  end.writeBigUInt64LE(44n, 4);
  end.writeUInt16LE(UNIX | VERSION_OF_ZIP64, 12);
  end.writeUInt16LE(VERSION_OF_ZIP64, 14);
  for (const at of [24, 32]) end.writeBigUInt64LE(BigInt(count), at);
  end.writeBigUInt64LE(BigInt(size), 40);
  end.writeBigUInt64LE(BigInt(start), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(ZIP64_LOCATOR, 0);
  locator.writeBigUInt64LE(BigInt(position), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([end, locator]);
}
