import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Terminal } from './terminal.js';

/** Sends data to standard output. A reader that has seen enough, such as `| head`, is no error; what fails on the way is one. */
export async function streamTo(terminal: Terminal, data: Readable, signal: AbortSignal): Promise<void> {
  const steps = terminal.isTerminal('stdout') ? [harmless()] : [];
  try {
    await pipeline([data, ...steps, terminal.stdout], { end: false, signal });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE' || !terminal.hasLeft) throw error;
  }
}

/** JSON escapes what a terminal obeys, but for these; escaped, they are the same JSON. */
function harmless(): Transform {
  const decoder = new TextDecoder();
  const escape = (text: string) =>
    text.replaceAll(
      /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  return new Transform({
    transform: (piece: Buffer, _encoding, done) => done(null, escape(decoder.decode(piece, { stream: true }))),
    flush: (done) => done(null, escape(decoder.decode())),
  });
}
