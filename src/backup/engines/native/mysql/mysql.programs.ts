import { BackupError } from '../../../model/errors.js';
import type { ServerTarget } from '../../database-target.js';
import type { NativeOptions } from '../native.options.js';
import { tlsPaths } from '../../tls-options.js';
import { Program, type Command } from '../programs/program.js';
import { initialCommand } from '../../dialects/mysql/mysql.settings.js';
import { explain } from './mysql.errors.js';

/** MariaDB's first: where both are there, `mysqldump` is another name of it. */
const KNOWN = { mysqldump: ['mariadb-dump', 'mysqldump'], mysql: ['mariadb', 'mysql'] } as const;
const PACKAGE = 'mariadb-client';
const HISTORY = '--dump-history';
const CONNECT_SECONDS = 10;
/** As the server prints it. */
const NO_LIMIT = '18446744073709551615';

type Role = keyof typeof KNOWN;
/** Whose programs they are: they do not take the same options. */
type Maker = 'MariaDB' | 'MySQL';

const TLS_OPTIONS: Record<Maker, Record<ServerTarget['tls'], string[]>> = {
  MariaDB: {
    off: ['--skip-ssl'],
    prefer: ['--skip-ssl-verify-server-cert'],
    require: ['--ssl', '--skip-ssl-verify-server-cert'],
    // It knows no check that leaves out the name.
    'verify-ca': ['--ssl', '--ssl-verify-server-cert'],
    verify: ['--ssl', '--ssl-verify-server-cert'],
  },
  MySQL: {
    off: ['--ssl-mode=DISABLED', '--get-server-public-key'],
    prefer: ['--ssl-mode=PREFERRED', '--get-server-public-key'],
    require: ['--ssl-mode=REQUIRED'],
    'verify-ca': ['--ssl-mode=VERIFY_CA'],
    verify: ['--ssl-mode=VERIFY_IDENTITY'],
  },
};

/** The programs of MariaDB or MySQL, as the options name them or as they are found. */
export class MysqlPrograms {
  private readonly found = new Map<Role, { program: string; maker: Maker }>();

  constructor(private readonly options: NativeOptions) {}

  get compressionLevel(): number {
    return this.options.compressionLevel ?? 6;
  }

  /** @throws BackupError `UNSUPPORTED` naming the program that is missing */
  async assertInstalled(target: ServerTarget): Promise<void> {
    await this.find('mysqldump', target);
  }

  /**
   * A dump of one state of a database's tables.
   * @param wanted.definitions routines and events too; views always are
   * @param wanted.rows what is in the tables
   * @param wanted.history of system-versioned tables too what was in them formerly
   */
  async dump(
    target: ServerTarget,
    database: string,
    { definitions, rows = true, history = false }: { definitions: boolean; rows?: boolean; history?: boolean },
  ): Promise<Program> {
    await this.refuseLimitedSessions(target);
    const { maker } = await this.find('mysqldump', target);
    const args = [
      // Where a table is locked, the sequence that its keys come from may not be used.
      ...[
        '--skip-add-locks',
        '--single-transaction',
        '--quick',
        '--hex-blob',
        '--order-by-primary',
        '--no-tablespaces',
        '--skip-triggers',
      ],
      ...[
        '--default-character-set=utf8mb4',
        ...(definitions ? ['--routines', '--events'] : []),
        ...(rows ? [] : ['--no-data']),
        ...(history ? [HISTORY] : []),
      ],
      ...(maker === 'MySQL' ? ['--set-gtid-purged=OFF'] : []),
    ];
    return this.start('mysqldump', target, [...args, '--', database], false);
  }

  /** The program that dumps opens its session itself, and would leave out rows without a word. @throws BackupError `UNSUPPORTED` */
  private async refuseLimitedSessions(target: ServerTarget): Promise<void> {
    const args = ['--batch', '--skip-column-names', '--execute=SELECT @@session.sql_select_limit'];
    const program = await this.start('mysql', target, args, false);
    const limit = (await textOf(program)).trim();
    if (limit === NO_LIMIT) return;
    throw new BackupError(
      'UNSUPPORTED',
      `The server limits the rows that statements of the user "${target.user}" return (sql_select_limit = ${limit}), so a dump would lack rows. Remove it from init_connect or the server's configuration, or use the engine "json".`,
    );
  }

  /** A client that runs the statements that are written to it, and stops at the first that fails. */
  async client(target: ServerTarget, database: string | null): Promise<Program> {
    const args = [
      ...[
        '--binary-mode',
        '--batch',
        '--unbuffered',
        '--raw',
        '--skip-column-names',
        '--default-character-set=utf8mb4',
      ],
      `--init-command=${initialCommand(target.busyTimeoutMs)}`,
    ];
    const chosen = database === null ? [] : [`--database=${database}`];
    return this.start(
      'mysql',
      target,
      [...args, `--connect-timeout=${target.connectTimeoutSeconds ?? CONNECT_SECONDS}`, ...chosen],
      true,
    );
  }

  /** What statements print. @throws BackupError when one fails */
  async ask(target: ServerTarget, sql: string): Promise<string> {
    const program = await this.client(target, null);
    try {
      await program.write(sql);
      program.endInput();
      return await textOf(program);
    } finally {
      program.kill();
    }
  }

  private async start(role: Role, target: ServerTarget, args: string[], readsInput: boolean): Promise<Program> {
    const { program, maker } = await this.find(role, target);
    const connection = ['--no-defaults', ...this.where(target, maker), `--user=${target.user}`];
    const environment = target.password === '' ? {} : { MYSQL_PWD: target.password };
    return this.run(role, target, program, [...connection, ...args], environment, readsInput);
  }

  private where({ host, port, tls, tlsFiles = {} }: ServerTarget, maker: Maker): string[] {
    if (this.options.docker) return [];
    const files = Object.entries(tlsPaths({ tls, tlsFiles }));
    const server = host.startsWith('/')
      ? ['--protocol=socket', `--socket=${host}`]
      : ['--protocol=tcp', `--host=${host}`, `--port=${port}`];
    return [...server, ...TLS_OPTIONS[maker][tls], ...files.map(([name, path]) => `--ssl-${name}=${path}`)];
  }

  private async find(role: Role, target: ServerTarget): Promise<{ program: string; maker: Maker }> {
    const known = this.found.get(role);
    if (known) return known;
    const configured = this.options.programs?.[role];
    const candidates = configured === undefined ? KNOWN[role] : [configured];
    let missing: unknown;
    for (const program of candidates) {
      try {
        const version = await textOf(this.run(role, target, program, ['--version'], {}, false));
        const found = { program, maker: version.includes('MariaDB') ? ('MariaDB' as const) : ('MySQL' as const) };
        this.found.set(role, found);
        return found;
      } catch (error) {
        if (!(error instanceof BackupError) || error.code !== 'UNSUPPORTED') throw error;
        missing = error;
      }
    }
    throw missing;
  }

  private run(
    role: Role,
    target: ServerTarget,
    program: string,
    args: string[],
    environment: Record<string, string>,
    readsInput: boolean,
  ): Program {
    const command: Command = {
      program,
      args,
      environment,
      debianPackage: PACKAGE,
      option: `programs.${role}`,
      explain: (errorOutput, exitCode) =>
        errorOutput.includes(`unknown option '${HISTORY}'`)
          ? knowsNoHistory(program)
          : explain(errorOutput, exitCode, target),
    };
    return new Program(command, this.options.docker ?? null, readsInput);
  }
}

const knowsNoHistory = (program: string): BackupError =>
  new BackupError(
    'UNSUPPORTED',
    `The program "${program}" cannot dump the history of system-versioned tables (${HISTORY}). Install MariaDB's client of version 10.11 or newer, or let the plan use the engine "json", which captures their current rows.`,
  );

/** Everything a program prints. @throws BackupError when it fails */
export async function textOf(program: Program): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of program.output as AsyncIterable<Buffer>) pieces.push(piece);
  await program.assertSucceeded();
  return Buffer.concat(pieces).toString();
}
