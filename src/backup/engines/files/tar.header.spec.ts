import { extract } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import type { StoredEntry } from './file.entry.js';
import { END_OF_TAR, tarHeader } from './tar.header.js';

const NOW = 1_769_774_400n * 1_000_000_000n;
const owned = { mode: 0o644, uid: 1, gid: 2, mtimeNs: NOW };
const file = (changed: object = {}): StoredEntry => ({
  path: 'a',
  type: 'file',
  ...owned,
  size: 0,
  sha256: '',
  ...changed,
});

/** As tar-stream reads it. */
function read(entry: StoredEntry): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const reader = extract();
    reader.on('entry', (header) => resolve({ ...header }));
    reader.on('error', reject);
    reader.write(Buffer.concat([tarHeader(entry), END_OF_TAR])); // without an end: of a size that its field cannot hold nothing follows
  });
}

describe('a tar header', () => {
  it('is one block where everything fits', async () => {
    expect(tarHeader(file())).toHaveLength(512);
    expect(await read(file())).toMatchObject({
      name: 'a',
      type: 'file',
      mode: 0o644,
      uid: 1,
      gid: 2,
      size: 0,
      pax: null,
    });
  });

  it.each<[string, object, object]>([
    ['a path over 100 bytes', { path: 'p'.repeat(101) }, { path: 'p'.repeat(101) }],
    ['a size that its field cannot hold', { size: 8 * 1024 ** 3 }, { size: String(8 * 1024 ** 3) }],
    ['a large owner', { uid: 2_097_152, gid: 4_294_967_295 }, { uid: '2097152', gid: '4294967295' }],
    ['a fraction of a second', { mtimeNs: NOW + 1n }, { mtime: '1769774400.000000001' }],
    ['a time before 1970', { mtimeNs: -1_500_000_000n }, { mtime: '-1.500000000' }],
    ['a path that is no text', { path: `${'p'.repeat(100)}\xff` }, { hdrcharset: 'BINARY' }],
  ])('says more in a PAX header for %s', async (_, changed, pax) => {
    expect(await read(file(changed))).toMatchObject({ pax });
  });

  it.each([0, 1, 8 * 1024 ** 3 - 1])('fits a size of %i bytes into its field', (size) => {
    const header = tarHeader(file({ size }));
    expect(header).toHaveLength(512);
    expect(Number.parseInt(header.toString('latin1', 124, 135), 8)).toBe(size);
  });

  it('counts the digits of its own length', () => {
    for (let length = 101; length < 1200; length++) {
      const header = tarHeader(file({ path: 'p'.repeat(length) }));
      const [record = ''] = /^\d+ path=p+\n/.exec(header.toString('latin1', 512)) ?? [];
      expect(Number.parseInt(record, 10)).toBe(record.length);
    }
  });

  it('names folders and links as such', async () => {
    expect(await read({ path: 'd', type: 'directory', ...owned })).toMatchObject({ name: 'd/', type: 'directory' });
    expect(await read({ path: 'l', type: 'symlink', ...owned, target: '../x' })).toMatchObject({
      type: 'symlink',
      linkname: '../x',
    });
    expect(await read({ path: 'h', type: 'hardlink', ...owned, target: 'a' })).toMatchObject({
      type: 'link',
      linkname: 'a',
    });
  });
});
