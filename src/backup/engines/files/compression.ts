import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { pipeline, Readable, Writable } from 'node:stream';
import { constants, createGunzip, createGzip } from 'node:zlib';
import { BackupError } from '../../model/errors.js';
import type { DocumentEnding } from '../../model/snapshot-id.js';

export const FILES_COMPRESSIONS = ['none', 'gzip', 'bzip2', 'xz'] as const;
export type FilesCompression = (typeof FILES_COMPRESSIONS)[number];

const ENDINGS: Record<FilesCompression, DocumentEnding> = {
  none: '.tar',
  gzip: '.tar.gz',
  bzip2: '.tar.bz2',
  xz: '.tar.xz',
};

interface Program {
  name: string;
  debianPackage: string;
  compress: string[];
  decompress: string[];
}

const PROGRAMS: Record<'bzip2' | 'xz', Program> = {
  bzip2: { name: 'bzip2', debianPackage: 'bzip2', compress: ['-zc'], decompress: ['-dc'] },
  // One thread: the other cores are the application's. A stream that asks for more memory than its own writer took is none of ours.
  xz: {
    name: 'xz',
    debianPackage: 'xz-utils',
    compress: ['-zc', '-6', '-T1'],
    decompress: ['-dc', '--memlimit-decompress=256MiB'],
  },
};

const PIECE_BYTES = 256 * 1024;
const LONGEST_ERROR_OUTPUT = 300;

export const documentEnding = (compression: FilesCompression): DocumentEnding => ENDINGS[compression];

/** The compression that a document's name tells. */
export const compressionOf = (filename: string): FilesCompression =>
  FILES_COMPRESSIONS.find((compression) => compression !== 'none' && filename.endsWith(ENDINGS[compression])) ?? 'none';

/** Takes what a compression makes of the bytes, in order. */
export type Output = (bytes: Buffer) => Promise<void> | void;

/**
 * One compressed stream after the other into one output. All three formats, and tar itself, read such a sequence as if it were one stream, so an output
 * can be cut back to where a stream began.
 */
export class Compressor {
  private current: { input: Writable; done: Promise<void>; stop: () => void } | null = null;

  constructor(
    private readonly compression: FilesCompression,
    private readonly output: Output,
  ) {}

  async write(bytes: Buffer): Promise<void> {
    if (this.compression === 'none') return this.output(bytes);
    const { input, done } = (this.current ??= this.begin(this.compression));
    if (!input.write(bytes)) await Promise.race([once(input, 'drain'), done]);
  }

  /** Ends the stream; everything is in the output when this is done. */
  async end(): Promise<void> {
    const { current } = this;
    this.current = null;
    current?.input.end();
    await current?.done;
  }

  /** Gives the current stream up; what the output has got of it is the caller's to remove. */
  async abandon(): Promise<void> {
    const { current } = this;
    this.current = null;
    current?.stop();
    await current?.done.catch(() => undefined);
  }

  private begin(compression: Exclude<FilesCompression, 'none'>) {
    const output = new Writable({
      highWaterMark: PIECE_BYTES,
      write: (bytes: Buffer, _encoding, done) => {
        Promise.resolve()
          .then(() => this.output(bytes))
          .then(() => done(), done);
      },
    });
    const compressor = compression === 'gzip' ? gzip(output) : program(PROGRAMS[compression], 'compress', output);
    compressor.done.catch(() => undefined); // told to whoever writes or ends
    compressor.input.on('error', () => undefined); // `done` tells why
    return compressor;
  }
}

function gzip(output: Writable) {
  const input = createGzip({ level: constants.Z_DEFAULT_COMPRESSION, chunkSize: PIECE_BYTES });
  const done = new Promise<void>((resolve, reject) => {
    pipeline(input, output, (error) => (error ? reject(error) : resolve()));
  });
  return { input, done, stop: () => void input.destroy() };
}

function program(known: Program, direction: 'compress' | 'decompress', output: Writable) {
  const child = startProgram(known, direction);
  const piped = new Promise<void>((resolve, reject) => {
    pipeline(child.stdout, output, (error) => (error ? reject(error) : resolve()));
  });
  // Both: after either of them nothing more may come out.
  const done = Promise.allSettled([outcomeOf(child, known), piped]).then((outcomes) => {
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  });
  return { input: child.stdin, done, stop: () => void child.kill('SIGKILL') };
}

/**
 * The bytes behind compressed ones.
 * @throws Error where they cannot be decompressed; BackupError `UNSUPPORTED` where the program for it is missing
 */
export async function* decompressed(bytes: Readable, compression: FilesCompression): AsyncGenerator<Buffer> {
  if (compression === 'none') yield* bytes as AsyncIterable<Buffer>;
  else if (compression === 'gzip')
    yield* pipeline(bytes, createGunzip({ chunkSize: PIECE_BYTES }), () => undefined) as AsyncIterable<Buffer>;
  else yield* throughProgram(bytes, PROGRAMS[compression]);
}

async function* throughProgram(bytes: Readable, known: Program): AsyncGenerator<Buffer> {
  const child = startProgram(known, 'decompress');
  const outcome = outcomeOf(child, known);
  outcome.catch(() => undefined); // awaited below
  let readError: Error | null = null;
  bytes.once('error', (error) => {
    readError = error;
    child.kill('SIGKILL');
  });
  bytes.pipe(child.stdin); // a program that ends early says why itself
  const whyItEnded = () =>
    outcome.catch((error: unknown) => {
      throw readError ?? error;
    });
  try {
    yield* child.stdout;
    await whyItEnded();
  } catch (error) {
    child.kill('SIGKILL');
    await whyItEnded();
    throw error;
  } finally {
    child.kill('SIGKILL');
    bytes.destroy();
  }
}

function startProgram({ name, ...args }: Program, direction: 'compress' | 'decompress') {
  return spawn(name, args[direction], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
  });
}

/** Settles when the program has ended and its output is closed. */
function outcomeOf(child: ChildProcess, { name, debianPackage }: Program): Promise<void> {
  let errorOutput = '';
  child.stdin?.on('error', () => undefined); // it has ended, which is told by its exit
  child.stderr?.on(
    'data',
    (piece: Buffer) => (errorOutput = (errorOutput + piece.toString()).slice(-LONGEST_ERROR_OUTPUT)),
  );
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ENOENT' ? notInstalled(name, debianPackage) : error);
    });
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${name} ended with ${signal ?? code}. ${errorOutput}`.trim()));
    });
  });
}

const notInstalled = (name: string, debianPackage: string): BackupError =>
  new BackupError(
    'UNSUPPORTED',
    `The program "${name}" is not installed. Install the package "${debianPackage}" (Debian, Ubuntu), or choose another compression for the plan.`,
  );
