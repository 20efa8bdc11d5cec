import type { IndexingProgress } from '../catalog/catalog.js';

export const INDEXING = 'Backup-Indexing';

/** For the description of routes whose answers go by what is listed. */
export const INDEXING_HEADER = {
  [INDEXING]: {
    description:
      'Only while snapshots are missing in the list, as after the first start on a folder with many: how many of them are listed, such as `8200/20000`. The answer goes by those; the newest are listed first.',
    schema: { type: 'string' as const, example: '8200/20000' },
  },
};

export const indexingHeader = ({ indexed, total }: IndexingProgress): string => `${indexed}/${total}`;
