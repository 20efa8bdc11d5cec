import { ref } from 'vue';
import { toApiError } from '../api/api-error.js';
import { answer, api, BACKUPS } from '../api/client.js';
import { download } from '../api/download.js';
import type { Snapshot } from '../api/types.js';
import { briefly } from '../shared/error-words.js';
import { toast } from '../shared/toasts.js';
import { t } from '../texts/index.js';

/**
 * What can be done with a snapshot where it is shown. Each tells how it ended, in a toast, and hands over the snapshot as it is
 * then; deleting has a dialog of its own.
 */
export function useSnapshotActions(onChange: (snapshot: Snapshot) => void) {
  /** Ids of the snapshots that something is being done with. */
  const verifying = ref(new Set<string>());
  const downloading = ref(new Set<string>());

  async function verify(snapshot: Snapshot): Promise<void> {
    await during(verifying.value, snapshot.id, async () => {
      const path = { id: snapshot.id };
      const { is_valid, checked_at, message } = await answer(api.POST(`${BACKUPS}/{id}/verify`, { params: { path } }));
      onChange({ ...snapshot, is_valid, verified_at: checked_at });
      if (is_valid) toast(t.value.snapshots.verified);
      else toast(t.value.snapshots.damaged(message), 'error');
    });
  }

  async function edit(
    snapshot: Snapshot,
    changes: { description?: string | null; pinned?: boolean },
  ): Promise<boolean> {
    return reported(async () => {
      const params = { path: { id: snapshot.id } };
      onChange(await answer(api.PATCH(`${BACKUPS}/{id}`, { params, body: changes })));
    });
  }

  async function togglePin(snapshot: Snapshot): Promise<void> {
    const done = await edit(snapshot, { pinned: !snapshot.pinned });
    if (done) toast(snapshot.pinned ? t.value.snapshots.unpinned : t.value.snapshots.pinned);
  }

  async function save(snapshot: Snapshot, raw = false): Promise<void> {
    await during(downloading.value, snapshot.id, async () => {
      toast(t.value.snapshots.downloading, 'info');
      await download(
        `${BACKUPS}/${encodeURIComponent(snapshot.id)}/download${raw ? '?raw=true' : ''}`,
        snapshot.filename,
      );
    });
  }

  return { verifying, downloading, verify, edit, togglePin, save };
}

async function during(busy: Set<string>, id: string, work: () => Promise<void>): Promise<void> {
  if (busy.has(id)) return;
  busy.add(id);
  await reported(work);
  busy.delete(id);
}

/** @returns whether it was done */
async function reported(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    toast(briefly(toApiError(error)), 'error');
    return false;
  }
}
