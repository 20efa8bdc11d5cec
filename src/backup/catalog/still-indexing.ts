import { BackupError } from '../model/errors.js';
import type { IndexingProgress } from './catalog.js';

/** `Indexing: 8,200 of 20,000 snapshots` */
export const indexingInWords = ({ indexed, total }: IndexingProgress): string =>
  total === 0 ? 'Indexing: counting snapshots' : `Indexing: ${inNumber(indexed)} of ${inNumber(total)} snapshots`;

export const stillIndexing = (progress: IndexingProgress): BackupError =>
  new BackupError(
    'INDEXING',
    `${indexingInWords(progress)}. This request needs all snapshots; try again when they are indexed. A snapshot can already be used by its id.`,
    { indexing: progress },
  );

const inNumber = (count: number): string => count.toLocaleString('en-US');
