import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.js';

/** The `manifest_sha256` of a manifest: SHA-256, hex, over the canonical JSON of its other fields. */
export function manifestChecksum(otherFields: object): string {
  return createHash('sha256').update(canonicalJson(otherFields)).digest('hex');
}
