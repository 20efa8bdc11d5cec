import { Column, Entity, PrimaryColumn } from 'typeorm';
import { wholeNumber } from './column.transformers.js';

/** An archive as a row. */
@Entity('backup_archives')
export class ArchiveRecord {
  @PrimaryColumn('varchar')
  filename!: string;

  /** The UTC day, `YYYY-MM-DD`. */
  @Column('varchar')
  date!: string;

  @Column('bigint', { transformer: wholeNumber })
  size_bytes!: number;

  /** The state of the file that the snapshot rows stand for; {@link UNREAD} makes the next reconciliation read it. */
  @Column('varchar')
  revision!: string;
}

export const UNREAD = '';
