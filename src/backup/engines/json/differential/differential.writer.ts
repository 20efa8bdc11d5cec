import { createHash, type Hash } from 'node:crypto';
import type { TableSummary } from '../../../model/manifest.js';
import { DocumentFile } from '../document.file.js';
import type { DocumentHead, TableHeader } from '../../dialects/document.parts.js';
import type { DocumentSink, WrittenDocument } from '../document.sink.js';
import { END_OF_ROWS } from '../document.text.js';
import { Aligner, type Region } from './aligner.js';
import type { BaseDocument } from './base-document.js';
import type { IndexedTable } from './chunk-index.js';
import { Chunker, type Chunk } from './chunker.js';
import { FullNeeded } from '../../shared/full-needed.js';
import { spliceLines, type Splice } from './splices.js';

/** New rows are kept at most up to this size while their place in the base is looked for. */
const MOST_PENDING_BYTES = 8_000_000;
/** A larger part of the base is replaced as a whole rather than read and compared. */
const MOST_COMPARED_BYTES = 16_000_000;

/**
 * Writes what changed since the base as splices over its rows (docs/formats.md). It sees all lines of all tables, as the database prints them; the base is opened only where a
 * chunk of lines is not the one that was there.
 */
export class DifferentialWriter implements DocumentSink {
  private readonly file: DocumentFile;
  private readonly tables: [string, TableSummary][] = [];
  private tablesWritten = 0;
  private current: TableDiffer | null = null;

  /** @param limitBytes beyond this much text it gives up with {@link FullNeeded} */
  constructor(
    path: string,
    private readonly base: BaseDocument,
    private readonly limitBytes: number,
    codec?: string,
  ) {
    this.file = new DocumentFile(path, codec);
  }

  begin(header: DocumentHead): void {
    this.file.head(header);
  }

  table({ name }: TableHeader): void {
    this.closeTable();
    this.current = new TableDiffer(name, this.base, (splice, isFirst) => this.splice(name, splice, isFirst));
  }

  rows(lines: Buffer): void {
    this.current!.rows(lines);
  }

  finish(): WrittenDocument {
    this.closeTable();
    const written = this.file.finish();
    this.base.close();
    return { ...written, tables: Object.fromEntries(this.tables) };
  }

  abandon(): void {
    this.file.abandon();
    this.base.close();
  }

  private closeTable(): void {
    if (!this.current) return;
    this.tables.push([this.current.name, this.current.finish()]);
    if (this.current.splices > 0) this.file.text(END_OF_ROWS);
    this.current = null;
  }

  private splice(table: string, { at, drop, lines }: Splice, isFirst: boolean): void {
    if (isFirst) this.file.text(`${this.tablesWritten++ === 0 ? '\n' : ',\n'}${JSON.stringify(table)}:{"splices":[\n`);
    else this.file.text(',\n');
    this.file.text(`{"at":${at},"drop":${drop},"rows":[`);
    this.file.rows(lines, 0);
    this.file.text(END_OF_ROWS);
    if (this.file.length > this.limitBytes) throw new FullNeeded('too_much_changed');
  }
}

/** One table's lines against the base's. */
class TableDiffer {
  splices = 0;
  private readonly digest: Hash = createHash('sha256');
  private readonly chunker = new Chunker();
  private readonly aligner: Aligner<Chunk>;
  private readonly indexed: IndexedTable;
  /** Row at which each chunk of the base begins, and where the last one ends. */
  private readonly rowOf: number[] = [0];
  private rowCount = 0;
  private pendingBytes = 0;

  constructor(
    readonly name: string,
    private readonly base: BaseDocument,
    private readonly write: (splice: Splice, isFirst: boolean) => void,
  ) {
    this.indexed = base.table(name) ?? { offset: 0, chunks: [] };
    for (const [rows] of this.indexed.chunks) this.rowOf.push(this.rowOf.at(-1)! + rows);
    this.aligner = new Aligner(this.indexed.chunks.map(([, , hash]) => hash));
  }

  rows(lines: Buffer): void {
    this.digest.update(lines);
    for (const chunk of this.chunker.push(lines)) this.chunk(chunk);
  }

  finish(): TableSummary {
    const last = this.chunker.end();
    if (last) this.chunk(last);
    this.region(this.aligner.end());
    return { rows: this.rowCount, sha256: this.digest.digest('hex') };
  }

  private chunk(chunk: Chunk): void {
    this.rowCount += chunk.rows;
    this.pendingBytes += chunk.lines.length;
    const region = this.aligner.push(chunk.hash, chunk);
    if (region) this.region(region);
    if (this.pendingBytes > MOST_PENDING_BYTES) this.region(this.aligner.flush());
  }

  private region(region: Region<Chunk> | null): void {
    this.pendingBytes = 0;
    if (!region) return;
    const { from, to } = region;
    const at = this.rowOf[from]!;
    const drop = this.rowOf[to]! - at;
    const lines = Buffer.concat(region.added.map((chunk) => chunk.lines));
    const baseBytes = this.indexed.chunks.slice(from, to).reduce((sum, [, bytes]) => sum + bytes, 0);
    const comparable = drop > 0 && lines.length > 0 && baseBytes <= MOST_COMPARED_BYTES;
    const splices = comparable
      ? spliceLines(at, this.base.lines(this.indexed, from, to), lines)
      : [{ at, drop, lines }];
    for (const splice of splices) this.write(splice, this.splices++ === 0);
  }
}
