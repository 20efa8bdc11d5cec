import { computed } from 'vue';
import { useRoute, useRouter, type LocationQuery, type LocationQueryRaw } from 'vue-router';

const ID = 'restore';
const JOB = 'job';
/** `safety=off`: the safety snapshot failed, and somebody goes on without one. */
const SAFETY = 'safety';

/**
 * The restore dialog stands over whatever page is shown, and its state in the address: `?restore=` chooses a snapshot, `?restore=<id>`
 * is about that one, with `&job=<id>` it shows how that goes. So it survives a reload, can be sent to somebody, and Back closes it.
 */
export function useRestoreRoute() {
  const route = useRoute();
  const router = useRouter();

  const snapshotId = computed(() => textOf(route.query, ID));
  const jobId = computed(() => textOf(route.query, JOB));
  const skipsSafety = computed(() => textOf(route.query, SAFETY) === 'off');
  const isOpen = computed(() => snapshotId.value !== undefined);

  /** The address of the dialog over the present page. */
  const locationOf = (id: string, job?: string): { query: LocationQueryRaw } => ({
    query: { ...rest(route.query), [ID]: id, ...(job === undefined ? {} : { [JOB]: job }) },
  });
  const open = (id = '', skipSafety = false) => {
    const { query } = locationOf(id);
    return router.push({ query: skipSafety ? { ...query, [SAFETY]: 'off' } : query });
  };
  /** There is no way back from a restore that has begun to the form that began it. */
  const follow = (id: string, job: string) => router.replace(locationOf(id, job));
  const close = () => router.push({ query: rest(route.query) });

  return { snapshotId, jobId, skipsSafety, isOpen, locationOf, open, follow, close };
}

function textOf(query: LocationQuery, name: string): string | undefined {
  const value = query[name];
  return Array.isArray(value) ? (value[0] ?? undefined) : (value ?? undefined);
}

const rest = ({ [ID]: _id, [JOB]: _job, [SAFETY]: _safety, ...others }: LocationQuery): LocationQuery => others;
