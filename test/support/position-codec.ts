import type { Codec } from '../../src/backup/engines/shared/codec.js';
import { CODECS } from '../../src/backup/engines/shared/codecs.js';

const HEADER = Buffer.from('position\n');
const TRAILER_BYTES = 5;

/**
 * A codec that no snapshot outside of tests has: each byte is changed by its place, behind a header and before a trailer, so that stored bytes, sizes and places all differ
 * from those of the content. It lives in the test's own process, so only tasks without a child process know it.
 */
export const position: Codec = {
  name: 'position',
  encoder: () => {
    let at = 0;
    const begun = (): Buffer => (at === 0 ? HEADER : Buffer.alloc(0));
    return {
      encode: (content) => {
        const stored = Buffer.concat([begun(), changed(content, at)]);
        at += content.length;
        return stored;
      },
      end: () => Buffer.concat([begun(), Buffer.alloc(TRAILER_BYTES, 0x7f)]),
    };
  },
  decode: async function* (stored) {
    let at = -HEADER.length;
    let held = Buffer.alloc(0);
    for await (const piece of stored) {
      held = Buffer.concat([held, piece]);
      const skipped = Math.min(held.length, Math.max(0, -at));
      at += skipped;
      held = held.subarray(skipped);
      const ready = held.subarray(0, Math.max(0, held.length - TRAILER_BYTES));
      held = held.subarray(ready.length);
      if (ready.length > 0) yield changed(ready, at);
      at += ready.length;
    }
  },
  ranges: (stored) => (start, length) => {
    const bytes = stored(HEADER.length + start, length + TRAILER_BYTES);
    return changed(bytes.subarray(0, Math.min(length, Math.max(0, bytes.length - TRAILER_BYTES))), start);
  },
};

const changed = (bytes: Buffer, from: number): Buffer =>
  Buffer.from(bytes.map((byte, index) => byte ^ ((from + index) * 31 + 7)));

CODECS.set(position.name, position);
