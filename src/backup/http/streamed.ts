import { once } from 'node:events';
import { pipeline, type Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { ExactLength } from './exact-length.js';

type Headers = NonNullable<ConstructorParameters<typeof StreamableFile>[1]> & {
  /** What the bytes are compressed by on their way (`Content-Encoding`); their length is the compressed one. */
  encoding?: 'gzip';
};

/** A stream that is an answer, and what it is compressed by. */
export class StreamedFile extends StreamableFile {
  encoding?: 'gzip';
}

/**
 * A stream as the answer. Waits until the first bytes are there, so that what fails before them is still a proper error; what fails after them
 * breaks the connection, because a cut-off file must not look like a whole one. A client that leaves ends the stream.
 */
export async function streamed(source: Readable, { encoding, ...headers }: Headers): Promise<StreamedFile> {
  const stream = headers.length === undefined ? source : ofLength(source, headers.length);
  stream.on('error', () => undefined); // between the first byte and the answer nobody else listens, and that would end the process
  if (!stream.errored) await once(stream, 'readable');
  if (stream.errored) throw stream.errored;
  const file = new StreamedFile(stream, headers);
  if (encoding) file.encoding = encoding;
  file.setErrorHandler((error, response) => {
    (response as unknown as { destroy(error?: Error): void }).destroy(error);
  });
  return file;
}

const ofLength = (source: Readable, length: number): Readable =>
  pipeline(source, new ExactLength(length), () => undefined); // the stream carries its error itself
