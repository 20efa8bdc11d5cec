import type { IndexingProgress } from '../catalog/catalog.js';

export const INDEXING = 'Backup-Indexing';

/** For the description of routes whose answers go by what is listed. */
export const INDEXING_HEADER = {
  [INDEXING]: {
    description:
      'Sent only while the index is incomplete, for example after the first start on a folder with many snapshots: how many are indexed, such as `8200/20000`. The response covers only those; the newest are indexed first.',
    schema: { type: 'string' as const, example: '8200/20000' },
  },
};

export const indexingHeader = ({ indexed, total }: IndexingProgress): string => `${indexed}/${total}`;
