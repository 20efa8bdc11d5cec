import { isUtf8, type BytePath } from './byte-path.js';
import { secondsText, type StoredEntry } from './file.entry.js';

export const BLOCK_BYTES = 512;
/** Two empty blocks end a tar. */
export const END_OF_TAR = Buffer.alloc(2 * BLOCK_BYTES);

const NAME_BYTES = 100;
const LARGEST_OCTAL = { 8: 0o7777777, 12: 0o77777777777 };
const TYPE_FLAGS = { file: '0', hardlink: '1', symlink: '2', directory: '5' } as const;
const EXTENDED = 'x';

/** What fills the last block of a content. */
export const paddingAfter = (size: number): Buffer =>
  END_OF_TAR.subarray(0, (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);

/**
 * Everything that stands before the content of an entry: a ustar header, with a PAX one before it for what does not fit into it. It is the only header
 * that this entry can have, to the byte: readers compare instead of interpreting.
 */
export function tarHeader(entry: StoredEntry): Buffer {
  const name = entry.type === 'directory' ? `${entry.path}/` : entry.path;
  const target = entry.type === 'symlink' || entry.type === 'hardlink' ? entry.target : '';
  const size = entry.type === 'file' ? entry.size : 0;
  const { mode, uid, gid, mtimeNs } = entry;
  const isWholeSecond = mtimeNs >= 0n && mtimeNs % 1_000_000_000n === 0n;
  const seconds = mtimeNs < 0n ? 0 : Number(mtimeNs / 1_000_000_000n);
  const long = [name, target].filter((text) => text.length > NAME_BYTES);

  const records = [
    ...(long.every(isUtf8) ? [] : [paxRecord('hdrcharset', 'BINARY')]),
    ...(name.length > NAME_BYTES ? [paxRecord('path', name)] : []),
    ...(target.length > NAME_BYTES ? [paxRecord('linkpath', target)] : []),
    ...(size > LARGEST_OCTAL[12] ? [paxRecord('size', String(size))] : []),
    ...(uid > LARGEST_OCTAL[8] ? [paxRecord('uid', String(uid))] : []),
    ...(gid > LARGEST_OCTAL[8] ? [paxRecord('gid', String(gid))] : []),
    ...(isWholeSecond && seconds <= LARGEST_OCTAL[12] ? [] : [paxRecord('mtime', secondsText(mtimeNs))]),
  ].join('');
  const fields = { name, mode, uid, gid, size, seconds, flag: TYPE_FLAGS[entry.type], target };
  return records === '' ? ustarHeader(fields) : Buffer.concat([extendedHeader(records), ustarHeader(fields)]);
}

function extendedHeader(records: string): Buffer {
  const fields = { name: 'PaxHeader', mode: 0o600, uid: 0, gid: 0, seconds: 0, target: '' };
  return Buffer.concat([
    ustarHeader({ ...fields, size: records.length, flag: EXTENDED }),
    Buffer.from(records, 'latin1'),
    paddingAfter(records.length),
  ]);
}

/** `<length> <key>=<value>\n`, where the length counts its own digits too. */
function paxRecord(key: string, value: BytePath): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return `${length}${rest}`;
}

interface UstarFields {
  name: BytePath;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  seconds: number;
  flag: string;
  target: BytePath;
}

function ustarHeader({ name, mode, uid, gid, size, seconds, flag, target }: UstarFields): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(name.slice(0, NAME_BYTES), 0, 'latin1');
  block.write(octal(mode, 8), 100, 'latin1');
  block.write(octal(uid, 8), 108, 'latin1');
  block.write(octal(gid, 8), 116, 'latin1');
  block.write(octal(size, 12), 124, 'latin1');
  block.write(octal(seconds, 12), 136, 'latin1');
  block.write('        ', 148, 'latin1'); // the sum is taken with its own field blank
  block.write(flag, 156, 'latin1');
  block.write(target.slice(0, NAME_BYTES), 157, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  block.write(octal(0, 8), 329, 'latin1');
  block.write(octal(0, 8), 337, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** Where a number does not fit, a PAX record stands for it, and its field is 0. */
function octal(value: number, width: 8 | 12): string {
  return `${(value > LARGEST_OCTAL[width] ? 0 : value).toString(8).padStart(width - 1, '0')}\0`;
}
