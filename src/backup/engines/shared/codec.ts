/** Reads that many bytes from a place; fewer where the end comes first. */
export type ReadRange = (start: number, length: number) => Buffer;

/** Turns content into stored bytes, in order. Synchronous on purpose: it has a process, or a thread, of its own. */
export interface Encoder {
  /** @param content the next of it, valid until this returns @returns what is ready to be stored, valid until the next call */
  encode(content: Buffer): Buffer;
  /** @returns what is left to be stored after the last of the content */
  end(): Buffer;
  /** Where parts that can be read by themselves begin in the stored bytes; absent where content lies at its own places. */
  readonly blocks?: readonly number[];
}

/**
 * How the content of a document becomes the bytes that are stored, and how those become content again. Every document is written through `DocumentOutput`, and read
 * through `openContent` or `ContentRanges`; what lies beside documents (manifests, chunk indexes, temporary files) has no codec.
 */
export interface Codec {
  /** As manifests call it. */
  readonly name: string;
  encoder(): Encoder;
  /**
   * The content of a whole document. A fault in the stored bytes ends it with an error, or with other content: what proves it is the digest of the content.
   */
  decode(stored: AsyncIterable<Buffer>): AsyncIterable<Buffer>;
  /**
   * Reads anywhere in the content, by reading anywhere in the stored bytes.
   * @param blocks what the encoder's `blocks` were; without them, reading may have to begin at the start
   */
  ranges(stored: ReadRange, blocks?: readonly number[]): ReadRange;
}

/** Stores the content as it is. */
export const identity: Codec = {
  name: 'identity',
  encoder: () => ({ encode: (content) => content, end: () => Buffer.alloc(0) }),
  decode: (stored) => stored,
  ranges: (stored) => stored,
};
