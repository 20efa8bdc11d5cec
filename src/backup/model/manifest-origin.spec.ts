import { describe, expect, it } from 'vitest';
import { isSignedWith, originHmac } from './manifest-origin.js';
import type { Manifest } from './manifest.js';

const KEY = Buffer.alloc(32, 1);
const manifest = { id: 'auto_backup_1', schema: { ddl: ['CREATE TABLE a (b)'] } } as unknown as Manifest;
const signed = { ...manifest, origin_hmac: originHmac(manifest, KEY) } as Manifest;

describe('the origin of a manifest', () => {
  it('is known to who has the key', () => {
    expect(isSignedWith(signed, KEY)).toBe(true);
    expect(originHmac(signed, KEY)).toBe(signed.origin_hmac);
  });

  it.each<[string, Manifest, Buffer]>([
    ['with another key', signed, Buffer.alloc(32, 2)],
    ['without a signature', manifest, KEY],
    ['after a change', { ...signed, schema: { ddl: ['CREATE TABLE a (c)'] } } as unknown as Manifest, KEY],
    ['after something was added', { ...signed, partial: true } as Manifest, KEY],
  ])('is not %s', (_what, changed, key) => {
    expect(isSignedWith(changed, key)).toBe(false);
  });
});
