/** How the native engine finds and calls the databases' own programs. SQLite needs none of them. */
export interface NativeOptions {
  /** Names to look up on PATH, or absolute paths. */
  programs?: {
    /** @default 'pg_dump' */
    pgDump?: string;
    /** @default 'pg_restore' */
    pgRestore?: string;
    /** @default 'psql' */
    psql?: string;
    /** @default 'mariadb-dump', or else 'mysqldump' */
    mysqldump?: string;
    /** @default 'mariadb', or else 'mysql' */
    mysql?: string;
  };
  /**
   * Run them inside the container of the database's server, as `docker exec -i <container> …`; they then reach the server as it is reached from
   * within, by its socket, and not by the target's host and port.
   */
  docker?: { container: string };
  /** 0 (none) … 9 (smallest), for pg_dump and for the gzip of MySQL and MariaDB dumps. @default 6 */
  compressionLevel?: number;
}
