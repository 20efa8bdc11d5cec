import type { JobStatus } from '../model/job.js';
import { RECENT_DAYS, type CaptureOutcomes, type CatalogStats } from './catalog.js';
import type { CatalogTables } from './catalog.store.js';

const DAY_MS = 86_400_000;

/** Counts, sizes and trends of everything that is listed. */
export async function statisticsOf(
  { figures, archives, jobs }: Pick<CatalogTables, 'figures' | 'archives' | 'jobs'>,
  now: Date,
): Promise<CatalogStats> {
  const sizes = (await archives.all()).map(({ size_bytes }) => size_bytes);
  const { latest, oldest } = await figures.span();
  const since = new Date(now.getTime() - (RECENT_DAYS - 1) * DAY_MS).toISOString().slice(0, 10);
  return {
    regular: await figures.totals({ location: 'regular' }),
    archived: {
      ...(await figures.totals({ location: 'archived' })),
      size_bytes: sizes.reduce((sum, size) => sum + size, 0),
    },
    latest_backup: latest,
    oldest_backup: oldest,
    by_trigger: await figures.byTrigger(),
    by_status: await jobs.capturesByStatus(),
    by_day: await figures.byDay(since),
    captures: outcomes(await jobs.capturesByStatus(since)),
  };
}

function outcomes({ completed = 0, failed = 0 }: Partial<Record<JobStatus, number>>): CaptureOutcomes {
  const ended = completed + failed;
  return { completed, failed, success_rate: ended === 0 ? null : completed / ended };
}
