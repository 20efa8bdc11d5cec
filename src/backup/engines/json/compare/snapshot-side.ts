import type { DatabaseInfo, TableSummary } from '../../../model/manifest.js';
import type { StateName } from '../../../model/comparison.js';
import type { StoredSnapshot } from '../../snapshot.engine.js';
import type { DocumentPart } from '../../dialects/document.parts.js';
import { materialise } from '../materialise.js';
import { proven } from '../proven.js';
import type { ComparedSide, ComparedTable } from './compared-side.js';

/** A snapshot as one side: read in one go from its first table to its last, and proven on the way. */
export class SnapshotSide implements ComparedSide {
  readonly name: StateName;
  readonly database: DatabaseInfo;
  readonly tables: Readonly<Record<string, TableSummary>>;
  private readonly parts: AsyncGenerator<DocumentPart>;
  private part: DocumentPart | null = null;

  constructor(snapshot: StoredSnapshot) {
    const { id, created_at, database, tables } = snapshot.manifest;
    this.name = { id, at: created_at };
    this.database = database;
    this.tables = tables;
    this.parts = proven(snapshot.manifest, materialise(snapshot));
  }

  async open(table: string): Promise<ComparedTable> {
    for (let part = this.part ?? (await this.next()); ; part = await this.next()) {
      if (part.part === 'table' && part.name === table)
        return { columns: part.columns, primaryKey: part.primaryKey, pieces: this.rows() };
      if (part.part === 'end') throw new Error(`Table "${table}" was requested out of order.`);
    }
  }

  async finish(): Promise<void> {
    // One of which nothing was wanted is not read at all.
    while (this.part !== null && this.part.part !== 'end') await this.next();
  }

  async close(): Promise<void> {
    await this.parts.return(undefined);
  }

  /** Leaves off at the part that follows the table. */
  private async *rows(): AsyncGenerator<Buffer> {
    for (let part = await this.next(); part.part === 'rows'; part = await this.next()) yield part.rows;
  }

  private async next(): Promise<DocumentPart> {
    const next = await this.parts.next();
    if (next.done) throw new Error('The document was read past its end.');
    return (this.part = next.value);
  }
}
