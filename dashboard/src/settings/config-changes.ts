import type { Config, ConfigChanges, FieldError, Plan } from '../api/types.js';

export type NumberField = 'retention_days' | 'auto_archive_after_days' | 'min_keep' | 'backup_interval_minutes';

/** What the server allows, and what holds where nothing is set. */
export const NUMBERS: Record<NumberField, { from: number; to: number; usual: number }> = {
  retention_days: { from: 1, to: 3650, usual: 30 },
  auto_archive_after_days: { from: 1, to: 3650, usual: 14 },
  min_keep: { from: 1, to: 1000, usual: 5 },
  backup_interval_minutes: { from: 1, to: 1440, usual: 10 },
};

/** Settings as they are being edited: an emptied number is null, which the server refuses at its field. */
export type Draft = Record<NumberField, number | null> & { plans: Plan[] | null };

export function draftOf(config: Config): Draft {
  const { retention_days, auto_archive_after_days, min_keep, backup_interval_minutes, plans } = config;
  return {
    retention_days,
    auto_archive_after_days,
    min_keep,
    backup_interval_minutes,
    plans: plans ? structuredClone(plans) : null,
  };
}

/** Only what differs, so that what somebody else changed meanwhile stays. */
export function changesOf(saved: Draft, draft: Draft): ConfigChanges {
  const fields = Object.keys(saved) as (keyof Draft)[];
  const changed = fields.filter((field) => JSON.stringify(saved[field]) !== JSON.stringify(draft[field]));
  return Object.fromEntries(changed.map((field) => [field, draft[field]]));
}

/** `plans[1].schedule` → what is wrong with it. */
export type Faults = Record<string, string>;

export const faultsOf = (errors: readonly FieldError[] = []): Faults =>
  Object.fromEntries(errors.map(({ field, message }) => [field, message]));

/** The faults of one plan, by its own fields. */
export function faultsOfPlan(faults: Faults, index: number): Faults {
  const prefix = `plans[${index}].`;
  return Object.fromEntries(
    Object.entries(faults)
      .filter(([field]) => field.startsWith(prefix))
      .map(([field, message]) => [field.slice(prefix.length), message]),
  );
}
