/**
 * How values are read and written, whatever the server and the application are set to: zero dates, invalid dates and a key of zero as they are, and nothing cut to
 * fit. `NO_BACKSLASH_ESCAPES` and `ANSI_QUOTES` stay off, which is what our literals rely on.
 */
export const LENIENT_MODE = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION';
export const DATA_MODE = `STRICT_ALL_TABLES,${LENIENT_MODE}`;

/** A restore and a capture may work for long between two answers, and the writer may be slower than the server. */
const PATIENCE_SECONDS = 3600;

const EVERYWHERE = [
  `sql_mode = '${DATA_MODE}'`,
  `time_zone = '+00:00'`,
  `net_read_timeout = ${PATIENCE_SECONDS}`,
  `net_write_timeout = ${PATIENCE_SECONDS}`,
  `wait_timeout = ${PATIENCE_SECONDS}`,
  'autocommit = 1',
  'completion_type = 0',
  'foreign_key_checks = 1',
  'unique_checks = 1',
  'sql_quote_show_create = 1',
  'sql_safe_updates = 0',
  'sql_select_limit = DEFAULT',
  'sql_auto_is_null = 0',
  'sql_big_selects = 1',
  'group_concat_max_len = 1048576',
  'div_precision_increment = 4',
  'max_sort_length = 1024',
  'default_storage_engine = InnoDB',
];

const OF_MARIADB = [
  'max_statement_time = 0',
  'idle_transaction_timeout = 0',
  'idle_readonly_transaction_timeout = 0',
  'idle_write_transaction_timeout = 0',
  'check_constraint_checks = 1',
  'tx_read_only = 0',
  'system_versioning_asof = DEFAULT',
];

const OF_MYSQL = ['max_execution_time = 0', 'information_schema_stats_expiry = 0', 'transaction_read_only = 0'];

const session = (settings: readonly string[]): string => settings.map((setting) => `SESSION ${setting}`).join(', ');

/** Beyond what a server, an account or an `init_connect` may have set. */
function always(busyTimeoutMs: number): string[] {
  const lockSeconds = Math.max(1, Math.ceil(busyTimeoutMs / 1000));
  return [...EVERYWHERE, `lock_wait_timeout = ${lockSeconds}`, `innodb_lock_wait_timeout = ${lockSeconds}`];
}

/** All that our sessions rely on, for the JSON engine; both engines take it from here. */
export const sessionSettings = (busyTimeoutMs: number, server: 'mysql' | 'mariadb'): string[] => [
  'SET NAMES utf8mb4',
  `SET ${session([...always(busyTimeoutMs), ...(server === 'mariadb' ? OF_MARIADB : OF_MYSQL)])}`,
];

/** The same as one statement for a client whose server is not known yet: each make skips what stands in the comments of the other. */
export const initialCommand = (busyTimeoutMs: number): string =>
  `SET ${session(always(busyTimeoutMs))}/*M!100600 , ${session(OF_MARIADB)} *//*!80000 , ${session(OF_MYSQL)} */`;
