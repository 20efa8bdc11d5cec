import type { CopyIn } from './postgres.copy.js';
import type { PostgresConnection } from './postgres.connection.js';
import { CopyText } from './postgres.copy-text.js';
import { qualified, quoted, type QualifiedName } from './postgres.names.js';

/**
 * Puts row lines back by `COPY`: no rule applies to it, an identity takes the values it is given, and into a table that was emptied in the same transaction
 * it writes one row after the other, wherever else there is room: so rows come back in the order in which they were captured.
 */
export class TableRowWriter {
  private readonly copy: CopyIn;
  private readonly text: CopyText;

  /**
   * @param columns of the row lines, in their order
   * @param kept which of them to fill; the table's other columns take their default
   */
  constructor(
    connection: PostgresConnection,
    table: QualifiedName,
    columns: readonly string[],
    kept: readonly string[],
  ) {
    const list = kept.length > 0 ? `(${kept.map(quoted).join(', ')})` : '';
    this.copy = connection.copyIn(`COPY ${qualified(table)} ${list} FROM STDIN`);
    this.text = new CopyText(columns, kept);
  }

  /**
   * @param lines rows joined by a comma and LF, as they stand in a document
   * @returns how many rows were handed over
   */
  async write(lines: Buffer): Promise<number> {
    const { text, rows } = this.text.convert(lines);
    await this.copy.write(text);
    return rows;
  }

  /** @throws the server's error where it does not accept the rows */
  finish(): Promise<void> {
    return this.copy.finish();
  }

  abandon(): Promise<void> {
    return this.copy.abandon();
  }
}
