import type { Snapshot, Trigger } from '../api/types.js';
import { t } from '../texts/index.js';

/** Whose accounts or roles a snapshot was taken for: `student 5, instructor 7`. */
export const whose = ({ subjects }: Trigger): string =>
  (subjects ?? []).map(({ role, user_id }) => `${t.value.snapshots.roles[role] ?? role} ${user_id}`).join(', ');

/** What to call a snapshot: what somebody wrote about it, or else what caused it. */
export function titleOf({ description, trigger }: Snapshot): string {
  if (description) return description;
  const cause = t.value.snapshots.titles[trigger.type];
  const people = whose(trigger);
  return people === '' ? cause : t.value.snapshots.newAccount(people);
}
