/** The public API: what a host needs, and nothing of the inside. */
export { BackupModule } from './backup.module.js';
export type { BackupModuleExtras } from './backup.module-definition.js';
export type { BackupAccess } from './http/guarded-controllers.js';
export { PlainRequests } from './http/plain-requests.interceptor.js';
export { ROLE_CREATED, type RoleCreatedEvent } from './model/events.js';
export * from './headless.js';
