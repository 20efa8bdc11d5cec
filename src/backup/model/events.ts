import type { Subject } from './trigger.js';

/** Emitted by the host after the transaction that created an account, or gave it a role, has committed. */
export const ROLE_CREATED = 'role.created';

/** Payload of {@link ROLE_CREATED}. */
export type RoleCreatedEvent = Subject;
