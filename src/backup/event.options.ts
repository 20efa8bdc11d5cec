import { type BackupEventOptions, ROLE_CREATED } from './model/events.js';
import { checkOptions, invalidOptions, type Check } from './option-checks.js';

/** It stands in manifests and in the names of snapshots. */
const EVENT_NAME = /^[^\p{Cc}\s]{1,100}$/u;

const name: Check = (value) =>
  typeof value === 'string' && EVENT_NAME.test(value)
    ? undefined
    : 'must be the name of an event: 1 to 100 characters without spaces';

const EVENT_OPTIONS: Readonly<Record<keyof BackupEventOptions, Check>> = {
  event: name,
  subject: (value) => (typeof value === 'function' ? undefined : 'must be a function'),
};

/** The events that are heard besides {@link ROLE_CREATED}. @throws BackupError `CONFIG_INVALID` naming the option */
export function listenedEvents(events: readonly (string | BackupEventOptions)[]): BackupEventOptions[] {
  const entries = events.map((event) => (typeof event === 'string' ? { event } : event));
  entries.forEach((entry, n) => checkOptions(entry, EVENT_OPTIONS, `events[${n}].`, ['event']));
  const names = entries.map(({ event }) => event);
  if (names.includes(ROLE_CREATED))
    throw invalidOptions(`"events" names "${ROLE_CREATED}", which always triggers a snapshot. Remove it.`);
  const twice = names.find((event, n) => names.indexOf(event) !== n);
  if (twice !== undefined) throw invalidOptions(`"events" names "${twice}" twice.`);
  return entries;
}
