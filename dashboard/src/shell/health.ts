import { useLoad } from '../shared/use-load.js';
import { useRefresh } from '../shared/use-refresh.js';
import { answer, api, BACKUPS } from '../api/client.js';

/** How the backups are doing, kept fresh. */
export function useHealth() {
  const load = useLoad((signal) => answer(api.GET(`${BACKUPS}/health`, { signal })));
  useRefresh(load.reload);
  return load;
}
