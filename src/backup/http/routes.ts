/** Where all backup routes stand. */
export const BACKUP_ROUTES = '/admin/database/backups';
