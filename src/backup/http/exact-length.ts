import { Transform, type TransformCallback } from 'node:stream';
import { BackupError } from '../model/errors.js';

/**
 * Lets a stream through that has exactly the length that was promised, and breaks any other off before its promised end: whoever receives that many
 * bytes takes them for the whole, so the last ones wait until no more came.
 */
export class ExactLength extends Transform {
  private held: Buffer | null = null;
  private length = 0;

  constructor(private readonly promised: number) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.length += chunk.length;
    if (this.length > this.promised) return done(this.differs());
    if (this.held) this.push(this.held);
    this.held = chunk;
    done();
  }

  override _flush(done: TransformCallback): void {
    if (this.length !== this.promised) return done(this.differs());
    done(null, this.held);
  }

  private differs(): BackupError {
    return new BackupError(
      'SNAPSHOT_CORRUPT',
      `The stored file does not have its original size of ${this.promised} bytes. Use another snapshot.`,
    );
  }
}
