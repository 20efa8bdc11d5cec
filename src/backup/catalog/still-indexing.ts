import { BackupError } from '../model/errors.js';
import type { IndexingProgress } from './catalog.js';

/** `Indexing: 8,200 of 20,000 snapshots` */
export const indexingInWords = ({ indexed, total }: IndexingProgress): string =>
  total === 0
    ? 'Indexing: the snapshots are being counted'
    : `Indexing: ${inNumber(indexed)} of ${inNumber(total)} snapshots`;

export const stillIndexing = (progress: IndexingProgress): BackupError =>
  new BackupError(
    'INDEXING',
    `${indexingInWords(progress)}. This needs all of them: try again when they are. A snapshot that is named by its id can be used at once.`,
    { indexing: progress },
  );

const inNumber = (count: number): string => count.toLocaleString('en-US');
