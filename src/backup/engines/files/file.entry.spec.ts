import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entryLine, parseEntryLine, secondsText, type FileEntry } from './file.entry.js';

const bytes = fc.uint8Array({ minLength: 1, maxLength: 60 }).map((array) => Buffer.from(array).toString('latin1'));
const metadata = {
  mode: fc.nat(0o7777),
  uid: fc.nat(0xffff_ffff),
  gid: fc.nat(0xffff_ffff),
  mtimeNs: fc.bigInt(-(10n ** 18n), 10n ** 19n),
};
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((array) => Buffer.from(array).toString('hex'));
const target = bytes.filter((text) => !text.includes('\0'));
const entry: fc.Arbitrary<FileEntry> = fc.oneof(
  fc.record({ path: bytes, type: fc.constant('directory' as const), ...metadata }),
  fc.record({ path: bytes, type: fc.constant('file' as const), ...metadata, size: fc.maxSafeNat(), sha256: hash }),
  fc.record({ path: bytes, type: fc.constantFrom('symlink' as const, 'hardlink' as const), ...metadata, target }),
  fc.record({ path: bytes, type: fc.constant('skipped' as const), reason: fc.string() }),
);

describe('the line of an entry', () => {
  it('is read as what it was written for, and holds no line break', () => {
    fc.assert(
      fc.property(entry, (written) => {
        const line = entryLine(written);
        expect(line).not.toContain('\n');
        expect(parseEntryLine(line)).toEqual(written);
      }),
    );
  });

  const good = {
    path: 'a',
    type: 'file',
    mode: '0644',
    uid: 0,
    gid: 0,
    mtime: '1.000000000',
    size: 1,
    sha256: 'a'.repeat(64),
  };

  it.each<[string, object]>([
    ['path', { path: 5 }],
    ['type', { type: 'device' }],
    ['mode', { mode: '644' }],
    ['mode', { mode: 420 }],
    ['uid', { uid: -1 }],
    ['gid', { gid: 2 ** 32 }],
    ['mtime', { mtime: '1' }],
    ['mtime', { mtime: 1 }],
    ['size', { size: -1 }],
    ['size', { size: 1.5 }],
    ['sha256', { sha256: 'A'.repeat(64) }],
    ['target', { type: 'symlink', target: '' }],
    ['reason', { type: 'skipped' }],
  ])('is refused with a wrong %s (%j)', (_, wrong) => {
    expect(parseEntryLine(JSON.stringify(good))).toBeDefined();
    expect(parseEntryLine(JSON.stringify({ ...good, ...wrong }))).toBeUndefined();
  });

  it.each(['', '[]', 'null', '5', '{', '"a"'])('is not %j', (line) => {
    expect(parseEntryLine(line)).toBeUndefined();
  });
});

describe('seconds', () => {
  it.each([
    [0n, '0.000000000'],
    [1n, '0.000000001'],
    [-1n, '-0.000000001'],
    [-1_500_000_000n, '-1.500000000'],
    [1_769_774_400_123_456_789n, '1769774400.123456789'],
  ])('of %d ns are %s', (ns, text) => {
    expect(secondsText(ns)).toBe(text);
  });
});
