/**
 * What our sessions rely on, whatever the server, the database (`ALTER DATABASE … SET`), the role (`ALTER ROLE … SET`) or the address (`options`) say. Both engines
 * take it from here: the JSON engine begins every transaction with it, the native one hands it to the server's own programs.
 */
interface Setting {
  value: string;
  /** Since which version the server knows it, such as 140000. */
  since?: number;
}

/** None of them may end what takes long. */
const PATIENCE: Record<string, Setting> = {
  statement_timeout: { value: '0' },
  idle_in_transaction_session_timeout: { value: '0' },
  idle_session_timeout: { value: '0', since: 140_000 },
  transaction_timeout: { value: '0', since: 170_000 },
};

/** How values and definitions are printed and read. */
const PRINTING: Record<string, Setting> = {
  DateStyle: { value: 'ISO, MDY' },
  IntervalStyle: { value: 'postgres' },
  TimeZone: { value: 'UTC' },
  extra_float_digits: { value: '1' },
  bytea_output: { value: 'hex' },
  xmloption: { value: 'content' },
  xmlbinary: { value: 'base64' },
  lc_monetary: { value: 'C' },
  array_nulls: { value: 'on' },
  quote_all_identifiers: { value: 'off' },
  standard_conforming_strings: { value: 'on' },
  escape_string_warning: { value: 'off' },
  backslash_quote: { value: 'safe_encoding' },
  transform_null_equals: { value: 'off' },
};

/** What statements do beyond what they say. */
const BEHAVIOUR: Record<string, Setting> = {
  row_security: { value: 'off' },
  jit: { value: 'off' }, // compiling a question about catalogs of thousands of tables takes longer than answering it
  check_function_bodies: { value: 'off' },
  default_tablespace: { value: '' },
  default_table_access_method: { value: 'heap' },
  client_min_messages: { value: 'warning' },
  exit_on_error: { value: 'off' },
};

/**
 * Makes the server read a table as it lies on disk, from its start, so that rows come in an order that unchanged data keeps: decision 0013. Only for reading
 * rows, since the catalogs are read by their indexes.
 */
const READING_ROWS: Record<string, Setting> = {
  synchronize_seqscans: { value: 'off' },
  max_parallel_workers_per_gather: { value: '0' },
  enable_seqscan: { value: 'on' },
  enable_indexscan: { value: 'off' },
  enable_indexonlyscan: { value: 'off' },
  enable_bitmapscan: { value: 'off' },
};

/** Lets a transaction take its time. The statement's own limit comes first, so that none of the others can run into it. */
export const patience = (serverVersion: number): string[] => local(PATIENCE, serverVersion);

/** For one transaction alone: a pooler may give the connection to somebody else after it. */
export const transactionSettings = (busyTimeoutMs: number, serverVersion: number): string[] => [
  ...patience(serverVersion),
  // 0 would wait for ever.
  `SET LOCAL lock_timeout = ${Math.max(1, busyTimeoutMs)}`,
  ...local({ ...PRINTING, ...BEHAVIOUR, search_path: { value: '' } }, serverVersion),
];

export const PHYSICAL_ORDER: readonly string[] = local(READING_ROWS, 0);

/** What is printed is as the application's own sessions would print it, until the transaction ends. */
export const PRINTING_OF_THE_APPLICATION: readonly string[] = Object.keys(PRINTING).map(
  (name) => `SET LOCAL ${name} TO DEFAULT`,
);

/**
 * The same for a program that opens its session itself (`PGOPTIONS`), whichever version answers it. Without the search path, which is one of the things that
 * a restore has to know.
 * @param given what the address says
 */
export function programOptions(given = ''): string {
  const settings: Record<string, Setting> = {
    ...PATIENCE,
    lock_timeout: { value: '0' },
    ...PRINTING,
    ...BEHAVIOUR,
    synchronize_seqscans: { value: 'off' },
    default_transaction_read_only: { value: 'off' },
    default_transaction_isolation: { value: 'read committed' },
    default_transaction_deferrable: { value: 'off' },
  };
  const ours = Object.entries(settings)
    .filter(([, { since }]) => since === undefined)
    .map(([name, { value }]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, '\\$&')}`);
  return [given, ...ours].join(' ').trim();
}

function local(settings: Record<string, Setting>, serverVersion: number): string[] {
  return Object.entries(settings)
    .filter(([, { since = 0 }]) => serverVersion >= since)
    .map(([name, { value }]) => `SET LOCAL ${name} = '${value}'`);
}
