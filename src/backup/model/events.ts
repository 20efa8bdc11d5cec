import type { Subject } from './trigger.js';

/** Emitted by the host after the transaction that created an account, or gave it a role, has committed. */
export const ROLE_CREATED = 'role.created';

/** Payload of {@link ROLE_CREATED}. */
export type RoleCreatedEvent = Subject;

/** An event after which a snapshot is taken. */
export interface BackupEventOptions {
  /** Its name; or, with `wildcard: true` in the host's EventEmitterModule, a pattern such as `order.*`. */
  event: string;
  /**
   * Of what was emitted with the event: whom or what the snapshot is taken for. It stands in the manifest, so it holds no secrets.
   * @default the payload, where that is `{ role, user_id, label? }`; else nobody
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- only the host knows what it emits
  subject?: (...values: any[]) => Subject | null | undefined | Promise<Subject | null | undefined>;
}

/** Longer than any role or id a host should have; what stands here ends up in manifests and file names. */
const LONGEST = 200;

/** What of a value from outside is a subject; undefined where it is none. */
export function subjectOf(value: unknown): Subject | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { role, user_id, label } = value as { role?: unknown; user_id?: unknown; label?: unknown };
  if (!isName(role) || !(isName(user_id) || Number.isSafeInteger(user_id))) return undefined;
  const named = typeof label === 'string' ? labelOf(label) : '';
  return { role, user_id: user_id as Subject['user_id'], ...(named !== '' && { label: named }) };
}

/** On one line, and not too long. */
const labelOf = (text: string): string =>
  text
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, LONGEST)
    .trim();

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= LONGEST;
