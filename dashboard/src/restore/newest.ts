import { toApiError } from '../api/api-error.js';
import { answer, api, BACKUPS } from '../api/client.js';
import type { Snapshot } from '../api/types.js';

/** The newest snapshot that restores everything, as the server defines it; null where there is none, or it is not known while snapshots are being listed. */
export async function newestBefore(query: { to?: string }, signal: AbortSignal): Promise<Snapshot | null> {
  try {
    return await answer(api.GET(`${BACKUPS}/newest`, { params: { query }, signal }));
  } catch (thrown) {
    if (['SNAPSHOT_NOT_FOUND', 'INDEXING'].includes(toApiError(thrown).code)) return null;
    throw thrown;
  }
}
