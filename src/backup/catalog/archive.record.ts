import { EntitySchema } from 'typeorm';
import { wholeNumber } from './column.transformers.js';

/** An archive as a row. */
export class ArchiveRecord {
  filename!: string;

  /** The UTC day, `YYYY-MM-DD`. */
  date!: string;
  size_bytes!: number;

  /** The state of the file that the snapshot rows stand for; {@link UNREAD} makes the next reconciliation read it. */
  revision!: string;
}

export const ARCHIVES = new EntitySchema<ArchiveRecord>({
  name: 'ArchiveRecord',
  target: ArchiveRecord,
  tableName: 'backup_archives',
  columns: {
    filename: { type: 'varchar', primary: true },
    date: { type: 'varchar' },
    size_bytes: { type: 'bigint', transformer: wholeNumber },
    revision: { type: 'varchar' },
  },
});

export const UNREAD = '';
