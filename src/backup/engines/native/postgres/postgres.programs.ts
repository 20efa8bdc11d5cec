import type { ServerTarget } from '../../database-target.js';
import type { StoredFile } from '../../../archive/stored-file.js';
import type { NativeOptions } from '../native.options.js';
import { tlsPaths } from '../../tls-options.js';
import { programOptions } from '../../dialects/postgres/postgres.settings.js';
import { feed } from '../programs/output.js';
import { Program, type Command } from '../programs/program.js';
import { explain } from './postgres.errors.js';
import { ScriptCutShort } from './sql-script.js';

const SSL_MODES = {
  off: 'disable',
  prefer: 'prefer',
  require: 'require',
  'verify-ca': 'verify-ca',
  verify: 'verify-full',
} as const;
const CONNECT_SECONDS = 10;

/** PostgreSQL's own programs, as the options name them. */
export class PostgresPrograms {
  constructor(private readonly options: NativeOptions) {}

  /**
   * @param how.connects whether it opens the target's database
   * @param how.readsInput whether it reads what is written to it
   */
  start(
    option: 'pgDump' | 'pgRestore' | 'psql',
    args: string[],
    target: ServerTarget,
    { connects = true, readsInput = false }: { connects?: boolean; readsInput?: boolean } = {},
  ): Program {
    const command: Command = {
      program: this.options.programs?.[option] ?? { pgDump: 'pg_dump', pgRestore: 'pg_restore', psql: 'psql' }[option],
      args: connects ? [...args, '--no-password', `--dbname=${this.connection(target)}`] : args,
      environment: {
        PGOPTIONS: programOptions(target.options),
        PGCLIENTENCODING: 'UTF8',
        ...(connects && target.password !== '' ? { PGPASSWORD: target.password } : {}),
      },
      debianPackage: 'postgresql-client',
      option: `programs.${option}`,
      explain: (errorOutput, exitCode) => explain(errorOutput, exitCode, target),
    };
    return new Program(command, this.options.docker ?? null, readsInput);
  }

  /** Major version of a program, such as 15. */
  async majorVersion(option: 'pgDump' | 'pgRestore', target: ServerTarget): Promise<number> {
    const program = this.start(option, ['--version'], target, { connects: false });
    const printed = await textOf(program);
    return Number(/(\d+)/.exec(printed.slice(printed.lastIndexOf(') ') + 2))?.[1]);
  }

  get compressionLevel(): number {
    return this.options.compressionLevel ?? 6;
  }

  /** A connection string: there no name can be taken for an option, or for another string like it. It holds no secret. */
  private connection(target: ServerTarget): string {
    const values = {
      ...(this.options.docker ? {} : whereTo(target)),
      user: target.user,
      dbname: target.database,
      connect_timeout: String(target.connectTimeoutSeconds ?? CONNECT_SECONDS),
      ...(target.applicationName !== undefined && { application_name: target.applicationName }),
    };
    return Object.entries(values)
      .map(([name, value]) => `${name}='${value.replaceAll(/['\\]/g, '\\$&')}'`)
      .join(' ');
  }
}

function whereTo({
  host,
  port,
  otherServers = [],
  tls,
  tlsFiles = {},
  role,
  channelBinding,
}: ServerTarget): Record<string, string> {
  const servers = [{ host, port }, ...otherServers];
  const files = tlsPaths({ tls, tlsFiles });
  return {
    host: servers.map((server) => server.host).join(','),
    port: servers.map((server) => server.port).join(','),
    sslmode: SSL_MODES[tls],
    ...(files.ca !== undefined && { sslrootcert: files.ca }),
    ...(files.cert !== undefined && { sslcert: files.cert }),
    ...(files.key !== undefined && { sslkey: files.key }),
    ...(role !== undefined && { target_session_attrs: role }),
    ...(channelBinding !== undefined && { channel_binding: channelBinding }),
  };
}

/** Everything a program prints. @throws BackupError when it fails */
export async function textOf(program: Program): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of program.output as AsyncIterable<Buffer>) pieces.push(piece);
  await program.assertSucceeded();
  return Buffer.concat(pieces).toString();
}

/** Runs a program while its script is read; where that is cut short, the program says why. @throws BackupError when it fails */
export async function reading<T>(program: Program, read: () => Promise<T>): Promise<T> {
  try {
    const result = await read();
    await program.assertSucceeded();
    return result;
  } catch (error) {
    if (error instanceof ScriptCutShort) await program.assertSucceeded();
    throw error;
  } finally {
    program.kill();
  }
}

/** The same for a program that is fed with a stored document. @returns the SHA-256 of all of its content */
export function feeding(
  document: StoredFile,
  codec: string | undefined,
  program: Program,
  read: () => Promise<void>,
): Promise<string> {
  return reading(program, async () => {
    const [checksum] = await Promise.all([feed(document, codec, program), read()]);
    return checksum;
  });
}
