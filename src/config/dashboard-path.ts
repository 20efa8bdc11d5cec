/** Where the backend serves the dashboard: a path of the server. */
export const DASHBOARD_PATH = '/admin/backups';
