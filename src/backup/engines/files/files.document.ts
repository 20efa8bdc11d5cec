import { createHash, type Hash } from 'node:crypto';
import { pipeline, Transform, type Readable, type TransformCallback } from 'node:stream';
import type { StoredFile } from '../../archive/stored-file.js';
import { BackupError } from '../../model/errors.js';
import { openContent } from '../shared/document.content.js';
import { ByteInput } from './byte-input.js';
import { compressionOf, decompressed } from './compression.js';
import { corrupt } from './corrupt.js';
import { factsMember, listHeader, type DocumentFacts } from './document.members.js';
import type { EntryOf, FileEntry, StoredEntry } from './file.entry.js';
import { BLOCK_BYTES, END_OF_TAR, paddingAfter, tarHeader } from './tar.header.js';
import { LineSplitter, TreeListReader } from './tree.list.js';
import type { TreeHead, TreeRules } from './tree.rules.js';

/**
 * A stored document of files, read from its beginning to its end once. The list comes first and is proven by the manifest; every header after it is then
 * known to the byte, so that nothing in a tar is ever interpreted.
 */
export class FilesDocument {
  private constructor(
    private readonly facts: DocumentFacts,
    private readonly stored: StoredFile,
    private readonly bytes: StoredBytes,
    readonly head: TreeHead,
    readonly summaries: TreeRules['summaries'],
  ) {}

  /**
   * Opens a document and proves its list.
   * @throws BackupError `SNAPSHOT_CORRUPT`, `UNSUPPORTED` when the program that decompresses it is missing
   */
  static async open(facts: DocumentFacts, stored: StoredFile): Promise<FilesDocument> {
    const bytes = await StoredBytes.open(facts, stored);
    try {
      const { head, summaries } = await provenList(facts, bytes);
      return new FilesDocument(facts, stored, bytes, head, summaries);
    } catch (error) {
      await bytes.close();
      throw error;
    }
  }

  /** The entries of the list, from another reading of the document. */
  async *list(): AsyncGenerator<FileEntry> {
    const bytes = await StoredBytes.open(this.facts, this.stored);
    try {
      const reader = new TreeListReader(this.facts.id);
      for await (const line of listLines(this.facts, bytes)) {
        const entry = reader.next(line);
        if (entry) yield entry;
      }
    } finally {
      await bytes.close();
    }
  }

  /** Whether the next member is this entry; if so, its content comes next. */
  holds(entry: StoredEntry): Promise<boolean> {
    return this.bytes.guarded((input) => input.skip(tarHeader(entry)));
  }

  /**
   * Hands on the content of a file, and proves it.
   * @throws BackupError `SNAPSHOT_CORRUPT` at its end, if it is another one than the list promises
   */
  async content({ size, sha256 }: EntryOf<'file'>, to: (piece: Buffer) => Promise<void> | void): Promise<void> {
    const hash = createHash('sha256');
    await this.bytes.pass(size, async (piece) => {
      hash.update(piece);
      await to(piece);
    });
    await this.bytes.expect(paddingAfter(size), 'a file is longer than its list says');
    if (hash.digest('hex') !== sha256)
      throw corrupt(this.facts.id, 'a file in it has another content than its list says');
  }

  /** After the last member: nothing more comes, and all of its content is what was written. */
  async finish(): Promise<void> {
    await this.bytes.expect(END_OF_TAR, 'it holds more, or less, than its list says');
    const rest = await this.bytes.guarded((input) => input.peek(1));
    if (rest.length > 0) throw corrupt(this.facts.id, 'it goes on after its end');
    if (this.bytes.digest() !== this.facts.contentSha256) throw corrupt(this.facts.id, 'its checksum differs');
  }

  async close(): Promise<void> {
    await this.bytes.close();
  }
}

async function provenList(facts: DocumentFacts, bytes: StoredBytes) {
  const reader = new TreeListReader(facts.id);
  const hash = createHash('sha256');
  for await (const line of listLines(facts, bytes, hash)) reader.next(line);
  const whole = reader.finish();
  const files = [...whole.summaries.values()];
  const { count, size_bytes, sha256 } = facts.files;
  if (
    hash.digest('hex') !== sha256 ||
    sum(files.map((root) => root.files)) !== count ||
    sum(files.map((root) => root.bytes)) !== size_bytes
  )
    throw corrupt(facts.id, 'its list is not the one that its manifest promises');
  return whole;
}

/** The lines of the second member, after the first one has been compared. */
async function* listLines(facts: DocumentFacts, bytes: StoredBytes, hash?: Hash): AsyncGenerator<string> {
  const first = factsMember(facts);
  const opening = Buffer.concat([first.header, first.content, paddingAfter(first.content.length)]);
  await bytes.expect(opening, 'it does not begin as its manifest says');
  const size = sizeIn(await bytes.guarded((input) => input.peek(BLOCK_BYTES)));
  await bytes.expect(listHeader(size, facts.created_at), 'its list is not where it has to be');
  const splitter = new LineSplitter(facts.id);
  for (let left = size; left > 0;) {
    const piece = await bytes.piece(left);
    left -= piece.length;
    hash?.update(piece);
    yield* splitter.lines(piece);
  }
  splitter.finish();
  await bytes.expect(paddingAfter(size), 'its list is longer than it says');
}

/** The size field of a header; whatever else stands there, the comparison with the only right header finds. */
function sizeIn(header: Buffer): number {
  const digits = header.toString('latin1', 124, 135);
  return /^[0-7]{11}$/.test(digits) ? Number.parseInt(digits, 8) : 0;
}

/** The decompressed bytes of a stored document, with the digest of its content on the way: those before they are decompressed. */
class StoredBytes {
  private constructor(
    private readonly id: string,
    private readonly source: Readable,
    private readonly hash: Hash,
    private readonly input: ByteInput,
  ) {}

  static async open({ id, filename, codec }: DocumentFacts, stored: StoredFile): Promise<StoredBytes> {
    const hash = createHash('sha256');
    const source = await openContent(stored, codec);
    const hashed = pipeline(source, new Hashing(hash), () => undefined);
    return new StoredBytes(id, source, hash, new ByteInput(decompressed(hashed, compressionOf(filename))));
  }

  /** Valid once everything has been read. */
  digest(): string {
    return this.hash.digest('hex');
  }

  async expect(expected: Buffer, otherwise: string): Promise<void> {
    if (!(await this.guarded((input) => input.skip(expected)))) throw corrupt(this.id, otherwise);
  }

  /** The next piece, of at most so many bytes. */
  async piece(most: number): Promise<Buffer> {
    const piece = await this.guarded((input) => input.piece(most));
    if (!piece) throw corrupt(this.id, 'it ends too early');
    return piece;
  }

  async pass(length: number, to: (piece: Buffer) => Promise<void> | void): Promise<void> {
    for (let left = length; left > 0;) {
      const piece = await this.piece(left);
      left -= piece.length;
      await to(piece);
    }
  }

  /** What goes wrong in decompressing is a fault of the document, unless it has a name of its own. */
  async guarded<T>(read: (input: ByteInput) => Promise<T>): Promise<T> {
    try {
      return await read(this.input);
    } catch (error) {
      if (error instanceof BackupError || isSystemError(error)) throw error;
      throw corrupt(this.id, `it cannot be decompressed (${(error as Error).message.slice(0, 120)})`);
    }
  }

  async close(): Promise<void> {
    this.source.destroy();
    await this.input.close();
  }
}

class Hashing extends Transform {
  constructor(private readonly hash: Hash) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.hash.update(chunk);
    done(null, chunk);
  }
}

const isSystemError = (error: unknown): boolean =>
  /^E[A-Z0-9]+$/.test(String((error as { code?: unknown }).code)) &&
  (error as { syscall?: unknown }).syscall !== undefined;

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);
