import type { Role } from './role.js';

/** Emitted after the transaction that created an account, or gave it a role, has committed. */
export const ROLE_CREATED = 'role.created';

/** Payload of {@link ROLE_CREATED}. */
export interface RoleCreatedEvent {
  role: Role;
  user_id: number;
  /** Whose account it is, for people. */
  label: string;
}
