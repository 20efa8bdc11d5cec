import { crc32, deflateRawSync } from 'node:zlib';

/** One entry, byte by byte: every field may lie, in either of the two places where a ZIP describes it. */
export interface RawEntry {
  name: string | Buffer;
  content?: Buffer;
  /** What stands in the file instead of the deflated content. */
  data?: Buffer;
  local?: Partial<Fields>;
  central?: Partial<Fields>;
  /** Bytes between the data and the next header. */
  after?: Buffer;
}

interface Fields {
  madeBy: number;
  flags: number;
  method: number;
  crc: number;
  compressed: number;
  size: number;
  name: Buffer;
  extra: Buffer;
  comment: Buffer;
  attributes: number;
  offset: number;
}

export interface RawEnd {
  disk?: number;
  directoryDisk?: number;
  onThisDisk?: number;
  entries?: number;
  directorySize?: number;
  directoryStart?: number;
  commentLength?: number;
  comment?: Buffer;
  before?: Buffer;
  beforeDirectory?: Buffer;
  beforeEnd?: Buffer;
  after?: Buffer;
  /** Adds a ZIP64 end record and its locator; the numbers replace what they should say. */
  zip64?: {
    locator?: number;
    entries?: bigint;
    start?: bigint;
    disk?: number;
    signature?: number;
    disks?: number;
    onThisDisk?: bigint;
  };
}

const UTF8 = 1 << 11;
const DESCRIPTOR = 1 << 3;
const REGULAR_0600 = (0o100600 << 16) >>> 0;

export const u16 = (value: number) => Buffer.from([value & 0xff, (value >>> 8) & 0xff]);
export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
export function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

/** Puts a ZIP together by hand, so that it can be wrong in exactly one place. */
export function rawZip(entries: RawEntry[], end: RawEnd = {}): Buffer {
  const parts: Buffer[] = [end.before ?? Buffer.alloc(0)];
  const directory: Buffer[] = [];
  const position = () => parts.reduce((sum, part) => sum + part.length, 0);
  for (const entry of entries) {
    const content = entry.content ?? Buffer.from('{"id":1}\n');
    const data = entry.data ?? deflateRawSync(content);
    const common: Fields = {
      madeBy: (3 << 8) | 63,
      flags: UTF8,
      method: 8,
      crc: crc32(content),
      compressed: data.length,
      size: content.length,
      name: Buffer.from(entry.name),
      extra: Buffer.alloc(0),
      comment: Buffer.alloc(0),
      attributes: REGULAR_0600,
      offset: position(),
    };
    directory.push(centralHeader({ ...common, ...entry.central }));
    parts.push(localHeader({ ...common, ...entry.local }), data, entry.after ?? Buffer.alloc(0));
  }
  parts.push(end.beforeDirectory ?? Buffer.alloc(0));
  const start = position();
  const size = Buffer.concat(directory).length;
  parts.push(...directory, end.beforeEnd ?? Buffer.alloc(0));
  if (end.zip64) parts.push(...zip64End(entries.length, size, start, position(), end.zip64));
  parts.push(
    Buffer.concat([
      u32(0x06054b50),
      u16(end.disk ?? 0),
      u16(end.directoryDisk ?? 0),
      u16(end.onThisDisk ?? end.entries ?? entries.length),
      u16(end.entries ?? entries.length),
      u32(end.directorySize ?? size),
      u32(end.directoryStart ?? start),
      u16(end.commentLength ?? end.comment?.length ?? 0),
      end.comment ?? Buffer.alloc(0),
      end.after ?? Buffer.alloc(0),
    ]),
  );
  return Buffer.concat(parts);
}

function localHeader(f: Fields): Buffer {
  const fixed = [
    u32(0x04034b50),
    u16(20),
    u16(f.flags),
    u16(f.method),
    u32(0x21),
    u32(f.crc),
    u32(f.compressed),
    u32(f.size),
  ];
  return Buffer.concat([...fixed, u16(f.name.length), u16(f.extra.length), f.name, f.extra]);
}

function centralHeader(f: Fields): Buffer {
  const fixed = [
    u32(0x02014b50),
    u16(f.madeBy),
    u16(20),
    u16(f.flags),
    u16(f.method),
    u32(0x21),
    u32(f.crc),
    u32(f.compressed),
    u32(f.size),
  ];
  const lengths = [u16(f.name.length), u16(f.extra.length), u16(f.comment.length)];
  return Buffer.concat([
    ...fixed,
    ...lengths,
    u16(0),
    u16(0),
    u32(f.attributes),
    u32(f.offset),
    f.name,
    f.extra,
    f.comment,
  ]);
}

function zip64End(
  entries: number,
  size: number,
  start: number,
  at: number,
  lies: NonNullable<RawEnd['zip64']>,
): Buffer[] {
  const count = lies.entries ?? BigInt(entries);
  const here = lies.onThisDisk ?? count;
  return [
    Buffer.concat([
      u32(lies.signature ?? 0x06064b50),
      u64(44n),
      u16(45),
      u16(45),
      u32(lies.disk ?? 0),
      u32(0),
      u64(here),
      u64(count),
    ]),
    Buffer.concat([u64(BigInt(size)), u64(lies.start ?? BigInt(start))]),
    Buffer.concat([u32(0x07064b50), u32(0), u64(BigInt(lies.locator ?? at)), u32(lies.disks ?? 1)]),
  ];
}

export interface HostileZip {
  what: string;
  bytes: Buffer;
  /** What the refusal must say. */
  reason: RegExp;
}

const good = { name: 'a.json' };
const text = Buffer.from('{"id":1}\n');

/** Names that must never come out of an archive, with the reason. */
export const HOSTILE_NAMES: [name: string | Buffer, reason: RegExp][] = [
  ['../evil.json', /path|another folder/],
  ['..', /another folder/],
  ['.', /another folder/],
  ['...json', /another folder/],
  ['a/../../evil.json', /path/],
  ['/etc/passwd', /path/],
  ['//server/share', /path/],
  ['folder/file.json', /path/],
  ['folder/', /path/],
  ['..\\evil.json', /path/],
  ['a\\b.json', /path/],
  ['C:\\evil.json', /path/],
  ['C:evil.json', /path/],
  ['a.json:stream', /path/],
  ['a\0.json', /control/],
  ['a\n.json', /control/],
  ['a\x1b[31m.json', /control/],
  ['a\x7f.json', /control/],
  ['a\x85.json', /control/],
  ['a\u202enosj.exe', /invisible/],
  ['a\u200b.json', /invisible/],
  ['\ufeffa.json', /invisible/],
  ['', /empty name/],
  [' a.json', /begins or ends/],
  ['a.json ', /begins or ends/],
  ['a.json.', /begins or ends/],
  ['x'.repeat(201), /longer than 200/],
  ['é'.repeat(101), /longer than 200/],
  ['x'.repeat(60_000), /longer than 200/],
  [Buffer.from([0xff, 0xfe, 0x61]), /not UTF-8/],
  [Buffer.from([0xc0, 0xae, 0xc0, 0xae, 0xc0, 0xaf, 0x61]), /not UTF-8/], // "../a" in overlong form
  [Buffer.from([0xed, 0xa0, 0x80]), /not UTF-8/], // half a surrogate pair
];

/** ZIPs whose directory is a lie: refused before anything is read from them. */
export function hostileZips(): HostileZip[] {
  const zip = (what: string, reason: RegExp, entries: RawEntry[], end?: RawEnd): HostileZip => ({
    what,
    reason,
    bytes: rawZip(entries, end),
  });
  const sound = rawZip([good, { name: 'b.json' }]);
  const mode = (type: number) => ({ central: { attributes: ((type | 0o600) << 16) >>> 0 } });
  const descriptor = (crc: number, compressed: number, size: number) =>
    Buffer.concat([u32(0x08074b50), u32(crc), u32(compressed), u32(size)]);
  const streamed = { flags: UTF8 | DESCRIPTOR };
  const deflated = deflateRawSync(text);
  const nested = rawZip([{ name: 'inner.json' }]);
  return [
    ...HOSTILE_NAMES.map(([name, reason], index) =>
      zip(`name ${index}: ${JSON.stringify(String(name).slice(0, 30))}`, reason, [good, { name }]),
    ),
    zip('a name that is UTF-8 without saying so', /not UTF-8/, [
      { name: 'ü.json', local: { flags: 0 }, central: { flags: 0 } },
    ]),
    zip('two equal names', /two entries/, [good, good]),
    zip('two names equal but for case', /two entries/, [good, { name: 'A.JSON' }]),
    zip('two names equal when normalised', /two entries/, [{ name: 'é.json' }, { name: 'e\u0301.json' }]),
    zip('a second name in an extra field', /second name/, [
      {
        ...good,
        central: {
          extra: Buffer.concat([
            u16(0x7075),
            u16(5 + 8),
            Buffer.from([1]),
            u32(crc32('a.json')),
            Buffer.from('../../ev'),
          ]),
        },
      },
    ]),
    zip('another name in the local header', /name/, [{ ...good, local: { name: Buffer.from('b.json') } }]),
    zip('a longer name in the local header', /name/, [{ ...good, local: { name: Buffer.from('a.json/../../evil') } }]),
    zip('a symbolic link', /link/, [{ ...good, ...mode(0o120000) }]),
    zip('a folder by its mode', /folder/, [{ ...good, ...mode(0o040000) }]),
    zip('a folder by its DOS attribute', /folder/, [{ ...good, central: { attributes: 0x10 } }]),
    zip('a device', /device/, [{ ...good, ...mode(0o020000) }]),
    zip('a pipe', /device/, [{ ...good, ...mode(0o010000) }]),
    zip('an encrypted entry', /encrypted/, [{ ...good, local: { flags: UTF8 | 1 }, central: { flags: UTF8 | 1 } }]),
    zip('a strongly encrypted entry', /encrypt/, [
      { ...good, local: { flags: UTF8 | 0x41 }, central: { flags: UTF8 | 0x41 } },
    ]),
    zip('a masked header', /encrypt/, [
      { ...good, local: { flags: UTF8 | 0x2000 }, central: { flags: UTF8 | 0x2000 } },
    ]),
    zip('a patch', /feature/, [{ ...good, local: { flags: UTF8 | 0x20 }, central: { flags: UTF8 | 0x20 } }]),
    zip('method bzip2', /method 12/, [{ ...good, local: { method: 12 }, central: { method: 12 } }]),
    zip('method zstd', /method 93/, [{ ...good, local: { method: 93 }, central: { method: 93 } }]),
    zip('another method in the local header', /method/, [{ ...good, local: { method: 0 } }]),
    zip('other flags in the local header', /flags/, [{ ...good, local: { flags: 0 } }]),
    zip('another size in the local header', /sizes/, [{ ...good, local: { size: 1 } }]),
    zip('another compressed size in the local header', /sizes/, [{ ...good, local: { compressed: 1 } }]),
    zip('another checksum in the local header', /checksum/, [{ ...good, local: { crc: 1 } }]),
    zip('64-bit sizes in the local header that are not there', /sizes/, [{ ...good, local: { size: 0xffffffff } }]),
    zip('64-bit sizes in the directory that are not there', /which deflate cannot do/, [
      { ...good, central: { size: 0xffffffff } },
    ]),
    zip('64-bit sizes that do not fit', /impossible|which deflate cannot do/, [
      { ...good, central: { size: 0xffffffff, extra: Buffer.concat([u16(1), u16(8), u64(2n ** 63n)]) } },
    ]),
    zip('a ZIP64 field cut short', /zip64/, [
      { ...good, central: { size: 0xffffffff, extra: Buffer.concat([u16(1), u16(4), u32(1)]) } },
    ]),
    zip('extra fields longer than their own length', /extra/, [
      { ...good, central: { extra: Buffer.concat([u16(9), u16(900)]) } },
    ]),
    zip('oversized extra fields', /extra/, [
      { ...good, central: { extra: Buffer.concat([u16(9), u16(60_000), Buffer.alloc(60_000)]) } },
    ]),
    zip('a comment on an entry', /comment/, [{ ...good, central: { comment: Buffer.from('hello') } }]),
    zip('a bomb by its own account', /which deflate cannot do/, [
      { ...good, local: { size: 1e9 }, central: { size: 1e9 } },
    ]),
    zip('size without data', /which deflate cannot do/, [{ ...good, data: Buffer.alloc(0), content: text }]),
    zip('a stored entry with two sizes', /size/, [
      { ...good, data: text, local: { method: 0, size: 5 }, central: { method: 0, size: 5 } },
    ]),
    zip('a descriptor with another checksum', /descriptor/, [
      {
        ...good,
        local: { ...streamed, crc: 0, compressed: 0, size: 0 },
        central: streamed,
        after: descriptor(1, deflated.length, text.length),
      },
    ]),
    zip('a descriptor with another size', /descriptor/, [
      {
        ...good,
        local: { ...streamed, crc: 0, compressed: 0, size: 0 },
        central: streamed,
        after: descriptor(crc32(text), deflated.length, 8),
      },
    ]),
    zip('a descriptor that is not there', /descriptor/, [
      { ...good, local: { ...streamed, crc: 0, compressed: 0, size: 0 }, central: streamed },
    ]),
    zip('two entries with the same data', /overlap/, [good, { name: 'b.json', central: { offset: 0 } }]),
    zip('an entry inside another', /overlap/, [
      { name: 'a.json', data: nested, content: nested, local: { method: 0 }, central: { method: 0 } },
      { name: 'inner.json', central: { offset: 36 } },
    ]),
    zip('data that runs into the next entry', /overlap/, [
      { ...good, local: { compressed: 60 }, central: { compressed: 60 } },
      { name: 'b.json' },
    ]),
    zip('data that runs past the end of the file', /bounds|overlap|outside/, [
      { ...good, local: { compressed: 1e9 }, central: { compressed: 1e9 } },
    ]),
    zip('an offset outside the file', /overlap|belong to no entry/, [{ ...good, central: { offset: 0x7fffffff } }]),
    zip('an offset into the directory', /overlap|belong to no entry/, [{ ...good, central: { offset: 60 } }]),
    zip('an offset of 2^63', /overlap|belong to no entry/, [
      { ...good, central: { offset: 0xffffffff, extra: Buffer.concat([u16(1), u16(8), u64(2n ** 63n)]) } },
    ]),
    zip('a program before the archive', /belong to no entry|where its end record/, [good], {
      before: Buffer.from('#!/bin/sh\n'),
    }),
    zip('an entry that the directory does not list', /belong to no entry/, [good], {
      beforeDirectory: rawZip([{ name: 'b.json' }]).subarray(0, 47),
    }),
    zip('bytes between two entries', /belong to no entry/, [
      { ...good, after: Buffer.from('hidden') },
      { name: 'b.json' },
    ]),
    zip('bytes after the directory', /where its end record/, [good], { beforeEnd: Buffer.from('hidden') }),
    zip('bytes after the directory, counted in', /length of its central directory/, [good], {
      beforeEnd: Buffer.from('hidden'),
      directorySize: 58,
    }),
    zip('a comment', /comment/, [good], { comment: Buffer.from('nothing to see') }),
    zip('a comment that is a whole archive', /where its end record|belong to no entry/, [good], { comment: nested }),
    zip('a comment longer than the file', /comment/, [good], { commentLength: 500 }),
    zip('bytes after the end', /extra bytes at its end/, [good], { after: Buffer.from('junk') }),
    zip('another archive after the end', /where its end record|belong to no entry/, [good], { after: nested }),
    zip('one entry more than there is', /where its end record|signature/, [good], { entries: 2, directorySize: 52 }),
    zip('one entry less than there is', /length of its central directory/, [good, { name: 'b.json' }], { entries: 1 }),
    zip('a directory outside the file', /where its end record/, [good], { directoryStart: 0x7fffffff }),
    zip('a directory that starts early', /where its end record/, [good], { directoryStart: 0 }),
    zip('disk 1', /disks/, [good], { disk: 1 }),
    zip('a directory on disk 2', /disks/, [good], { directoryDisk: 2 }),
    zip('entries on other disks', /disks/, [good], { onThisDisk: 0 }),
    zip('a ZIP64 locator that points elsewhere', /ZIP64/, [good], { zip64: { locator: 0 } }),
    zip('a ZIP64 locator that points beyond 2^53', /ZIP64/, [good], { zip64: { locator: 2 ** 60 } }),
    zip('a ZIP64 record without its signature', /ZIP64/, [good], { zip64: { signature: 0 } }),
    zip('ZIP64 on disk 1', /disks/, [good], { zip64: { disk: 1 } }),
    zip('ZIP64 on 2 disks', /disks/, [good], { zip64: { disks: 2 } }),
    zip('ZIP64 entries on other disks', /disks/, [good], { zip64: { onThisDisk: 0n } }),
    zip('two end records that disagree', /contradict/, [good], { zip64: { start: 1n } }),
    zip('a billion entries', /more than 100000/, [good], { entries: 0xffff, zip64: { entries: 1_000_000_000n } }),
    zip('more entries than bytes', /where its end record/, [good], { entries: 0xfffe }),
    { what: 'an empty file', reason: /empty/, bytes: Buffer.alloc(0) },
    { what: 'one byte', reason: /too short/, bytes: Buffer.from('P') },
    { what: 'garbage', reason: /has no ZIP end record/, bytes: Buffer.alloc(5000, 'garbage ') },
    {
      what: 'a JSON document',
      reason: /has no ZIP end record/,
      bytes: Buffer.from(`{"format":"nestjs-backup/snapshot"${' '.repeat(100)}}\n`),
    },
    { what: 'a file that lost its last byte', reason: /has no ZIP end record/, bytes: sound.subarray(0, -1) },
    { what: 'a file that lost its end record', reason: /has no ZIP end record/, bytes: sound.subarray(0, -22) },
    {
      what: 'a file that lost its first half',
      reason: /where its end record/,
      bytes: sound.subarray(sound.length >> 1),
    },
    { what: 'an end record alone, with entries', reason: /where its end record/, bytes: sound.subarray(-22) },
  ];
}

/** ZIPs whose directory is in order and whose content is not: reading `a.json` fails, before or after some bytes came out. */
export function hostileContents(): HostileZip[] {
  const zip = (what: string, reason: RegExp, entry: Omit<RawEntry, 'name'>): HostileZip => ({
    what,
    reason,
    bytes: rawZip([{ ...good, ...entry }, { name: 'b.json' }]),
  });
  const both = (fields: Partial<Fields>) => ({ local: fields, central: fields });
  const deflated = deflateRawSync(text);
  return [
    zip('a wrong checksum', /CRC-32/, both({ crc: 1 })),
    zip('a wrong checksum of a stored entry', /CRC-32/, { data: text, ...both({ method: 0, crc: 1 }) }),
    zip('more bytes than declared', /more than the 4 bytes/, both({ size: 4 })),
    zip('one byte more than declared', /more than the 8 bytes/, both({ size: 8 })),
    zip('fewer bytes than declared', /9 bytes instead of 10/, both({ size: 10 })),
    zip('a bomb that declares little', /more than the 100 bytes/, {
      content: Buffer.alloc(50_000_000),
      ...both({ size: 100 }),
    }),
    zip('data that is not deflated', /cannot be inflated/, { data: Buffer.alloc(20, 0xff) }),
    zip('deflated data that stops short', /cannot be inflated/, { data: deflated.subarray(0, -2) }),
    zip('bytes hidden behind the deflated data', /after its end/, {
      data: Buffer.concat([deflated, Buffer.from('hidden')]),
    }),
    zip('nothing but hidden bytes', /after its end/, {
      content: Buffer.alloc(0),
      data: Buffer.concat([deflateRawSync(''), text]),
    }),
    zip('many hidden bytes', /after its end/, { data: Buffer.concat([deflated, Buffer.alloc(1_000_000)]) }),
  ];
}
