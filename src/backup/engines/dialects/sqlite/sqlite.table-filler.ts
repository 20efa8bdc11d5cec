import type { Connection } from './sqlite.connection.js';
import { relaxTable } from './sqlite.relaxed-table.js';
import { isRefusal } from './sqlite.schema-text.js';
import type { TableLayout } from './sqlite.schema.js';
import { TableRowWriter } from './sqlite.table-writer.js';

/**
 * Fills one table. Where its statement is the captured one, it gets back what it held then, rows that break its constraints too: such were written before a
 * constraint was added, under `ignore_check_constraints`, or with functions that only the application has.
 */
export class TableFiller {
  private writer: TableRowWriter | null = null;
  private restoreStatement: (() => void) | null = null;

  constructor(
    private readonly connection: Connection,
    private readonly layout: TableLayout,
    private readonly columns: readonly string[],
    private readonly isAsCaptured: boolean,
  ) {}

  /** @returns how many rows were written */
  write(rows: Buffer): number {
    try {
      return this.ready().write(rows);
    } catch (error) {
      if (!this.isAsCaptured || this.restoreStatement || !isRefusal(error)) throw error;
      this.restoreStatement = relaxTable(this.connection, this.layout);
      if (!this.restoreStatement) throw error;
      this.writer = null;
      return this.ready().write(rows);
    }
  }

  /** To be called once all tables have their rows. */
  finish(): void {
    this.restoreStatement?.();
  }

  private ready(): TableRowWriter {
    if (this.writer) return this.writer;
    this.connection.pragma(`ignore_check_constraints = ${this.isAsCaptured ? 'on' : 'off'}`);
    return (this.writer = new TableRowWriter(this.connection, this.layout, this.columns));
  }
}
