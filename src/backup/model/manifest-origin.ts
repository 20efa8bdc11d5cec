import { createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from './canonical-json.js';
import type { Manifest } from './manifest.js';

/** The `origin_hmac` of a manifest: HMAC-SHA256, hex, over the canonical JSON of its other fields, with the key of the installation that took the snapshot. */
export function originHmac(manifest: Manifest, key: Buffer): string {
  const { origin_hmac: _own, ...others } = manifest;
  return createHmac('sha256', key).update(canonicalJson(others)).digest('hex');
}

/** Whether whoever has this key took the snapshot. */
export function isSignedWith(manifest: Manifest, key: Buffer): boolean {
  if (manifest.origin_hmac === undefined) return false;
  return timingSafeEqual(Buffer.from(manifest.origin_hmac), Buffer.from(originHmac(manifest, key)));
}
