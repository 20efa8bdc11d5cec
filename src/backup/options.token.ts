/** Injection token of the options that the host passed. */
export const BACKUP_OPTIONS = Symbol('BACKUP_OPTIONS');
