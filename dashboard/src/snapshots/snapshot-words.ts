import type { Snapshot, Trigger, TriggerType } from '../api/types.js';
import { t } from '../texts/index.js';

/** Emitted for new accounts and roles; other events are those that the application has chosen. */
const ROLE_CREATED = 'role.created';

/** The event that an application has chosen, where one was the cause. */
export const chosenEventOf = ({ event }: Trigger): string | null =>
  event === undefined || event === ROLE_CREATED ? null : event;

/** Whose accounts or roles a snapshot was taken for: `student 5, instructor 7`. */
export const whose = ({ subjects }: Trigger): string =>
  (subjects ?? []).map(({ role, user_id }) => `${t.value.snapshots.roles[role] ?? role} ${user_id}`).join(', ');

/** What caused a snapshot. @param words for what is no event */
export function causeOf(trigger: Trigger, words: Record<TriggerType, string> = t.value.snapshots.titles): string {
  if (trigger.type !== 'event') return words[trigger.type];
  const event = chosenEventOf(trigger);
  return event === null ? t.value.snapshots.titles.event : t.value.snapshots.after(event);
}

/** What to call a snapshot: what somebody wrote about it, or else what caused it. */
export function titleOf({ description, trigger }: Snapshot): string {
  if (description) return description;
  const people = whose(trigger);
  if (people === '') return causeOf(trigger);
  return chosenEventOf(trigger) === null ? t.value.snapshots.newAccount(people) : `${causeOf(trigger)}: ${people}`;
}
