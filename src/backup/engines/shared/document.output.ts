import { createHash, type Hash } from 'node:crypto';
import { closeSync, fsyncSync, writeSync } from 'node:fs';
import { identity, type Encoder } from './codec.js';
import { codecNamed } from './codecs.js';
import { openForWriting } from './open-for-writing.js';

/** A document that is on disk. */
export interface WrittenFile {
  /** Of the bytes as they are stored. */
  sizeBytes: number;
  /** SHA-256, hex, of the bytes as they are stored. */
  checksum: string;
  /** What was stored, where it is not the content itself. */
  encoding?: Encoding;
}

/** The content of a document whose stored bytes are others. */
export interface Encoding {
  codec: string;
  contentBytes: number;
  /** SHA-256, hex. */
  contentSha256: string;
  /** Where parts that can be read by themselves begin in the stored bytes; absent where no part can. */
  blocks?: readonly number[];
}

/** What a manifest says of an encoding; nothing where there is none. */
export const encodingFields = (encoding: Encoding | undefined) =>
  encoding && {
    codec: encoding.codec,
    content_bytes: encoding.contentBytes,
    content_sha256: encoding.contentSha256,
  };

/** The one way in which the content of a document reaches its file. Synchronous on purpose: a write that returns at once would only pile up memory. */
export class DocumentOutput {
  private readonly file: number;
  private readonly encoder: Encoder;
  private readonly stored = createHash('sha256');
  private readonly content: Hash;
  private readonly codec: string;
  private sizeBytes = 0;
  private contentSize = 0;

  /** @param codecName the content is stored as it is where there is none */
  constructor(path: string, codecName?: string) {
    const codec = codecNamed(codecName);
    this.codec = codec.name;
    this.encoder = codec.encoder();
    this.content = codec === identity ? this.stored : createHash('sha256');
    this.file = openForWriting(path);
  }

  /** How much content there is so far. */
  get contentBytes(): number {
    return this.contentSize;
  }

  write(content: Buffer): void {
    this.contentSize += content.length;
    if (this.content !== this.stored) this.content.update(content);
    this.store(this.encoder.encode(content));
  }

  /** Closes the document; everything is on disk when this returns. */
  finish(): WrittenFile {
    this.store(this.encoder.end());
    fsyncSync(this.file);
    closeSync(this.file);
    const written = { sizeBytes: this.sizeBytes, checksum: this.stored.digest('hex') };
    if (this.content === this.stored) return written;
    const { codec, contentSize: contentBytes } = this;
    const { blocks } = this.encoder;
    const contentSha256 = this.content.digest('hex');
    return { ...written, encoding: { codec, contentBytes, contentSha256, ...(blocks && { blocks }) } };
  }

  /** Closes the file as it is; removing it is for the caller. */
  abandon(): void {
    closeSync(this.file);
  }

  private store(bytes: Buffer): void {
    this.stored.update(bytes);
    for (let done = 0; done < bytes.length;) done += writeSync(this.file, bytes, done);
    this.sizeBytes += bytes.length;
  }
}
