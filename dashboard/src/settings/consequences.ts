import { longDate } from '../format/time.js';
import { t } from '../texts/index.js';
import type { Consequences } from './use-preview.js';

/** What the next clean-up would do because of changed settings; empty where nothing. */
export function consequencesInWords({ deleted, oldest_deleted, archived }: Consequences): string {
  const texts = t.value.settings.consequences;
  return [
    deleted > 0 && oldest_deleted ? texts.deletes(deleted, longDate(oldest_deleted)) : '',
    archived > 0 ? texts.archives(archived) : '',
  ]
    .filter(Boolean)
    .join(' ');
}
