import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { BackupError } from '../../../model/errors.js';

/** A program to run, and what it may know. */
export interface Command {
  program: string;
  args: string[];
  /** Added to the engine host's own. Secrets stand here and never among the arguments, which every user of the machine can read. */
  environment: Record<string, string>;
  /** The Debian package that brings the program, for who has to install it. */
  debianPackage: string;
  /** How it can be told apart in the settings. */
  option: string;
  /** What its words mean for the person who reads the job, when it failed. @param exitCode -1 when a signal ended it */
  explain(errorOutput: string, exitCode: number): BackupError;
}

const LONGEST_ERROR_OUTPUT = 8000;
const NOT_FOUND = [126, 127];

/**
 * Runs "$@", and kills it as soon as descriptor 3 is closed: its other end is held by this process alone, so the kernel closes it however this process ends.
 * A background command would get /dev/null for its input, hence descriptor 4. `read` is the shell's own, so that killing the watcher leaves nothing.
 */
const WATCHED = `exec 4<&0
"$@" <&4 3<&- 4<&- & program=$!
exec </dev/null 4<&-
( read -r _ <&3; kill -9 "$program" ) >/dev/null 2>&1 & watcher=$!
exec 3<&-
wait "$program"; status=$?
kill -9 "$watcher" 2>/dev/null
exit "$status"`;

/** The same where only standard input comes through, for programs that need none. */
const WATCHED_BY_INPUT = `exec 3<&0 </dev/null\n${WATCHED}`;

/** Where programs run. */
export type Place = { container: string } | null;

/**
 * One of a database's own programs at work. It ends when this process does, in whatever way; in a container too, where only its standard input
 * tells it so.
 */
export class Program {
  readonly output: Readable;
  private readonly child;
  private readonly ended: Promise<number>;
  private printed = '';

  /** @param input whether it reads something that is written to {@link input} */
  constructor(
    private readonly command: Command,
    place: Place,
    readsInput: boolean,
  ) {
    const [program, ...args] = commandLine(command, place, readsInput);
    this.child = spawn('sh', ['-c', WATCHED, 'sh', program!, ...args], {
      stdio: [readsInput || place ? 'pipe' : 'ignore', 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, LC_MESSAGES: 'C', ...command.environment },
    });
    this.output = this.child.stdout!;
    for (const pipe of [this.child.stdin, this.child.stdio[3] as Writable]) pipe?.on('error', () => undefined); // told by its end
    this.child.stderr!.on(
      'data',
      (piece: Buffer) => (this.printed = (this.printed + piece.toString()).slice(-LONGEST_ERROR_OUTPUT)),
    );
    this.ended = once(this.child, 'close').then(([code, signal]) => (signal === null ? Number(code) : -1));
    this.ended.catch(() => undefined);
  }

  /** Everything the program printed to standard error, or its end. */
  get errorOutput(): string {
    return this.printed.trim();
  }

  /** Waits while the program is slower. Quietly does nothing when it has ended, which {@link finish} reports. */
  async write(piece: Buffer | string): Promise<void> {
    const { stdin } = this.child;
    if (stdin === null || stdin.destroyed || stdin.write(piece)) return;
    await new Promise<void>((resolve) => {
      const goOn = () => {
        stdin.off('drain', goOn).off('close', goOn);
        resolve();
      };
      stdin.once('drain', goOn).once('close', goOn);
    });
  }

  endInput(): void {
    this.child.stdin?.end();
  }

  /** Waits for the end. @returns its exit code; -1 when a signal ended it */
  async exitCode(): Promise<number> {
    const code = await this.ended;
    if (NOT_FOUND.includes(code)) throw missing(this.command, this.errorOutput);
    return code;
  }

  /** Waits for the end. @throws BackupError with what the program said, when it failed */
  async assertSucceeded(): Promise<void> {
    const code = await this.exitCode();
    if (code !== 0) throw this.failure(code);
  }

  failure(exitCode: number): BackupError {
    return this.command.explain(this.errorOutput, exitCode);
  }

  /** Kills it, if it still runs. */
  kill(): void {
    (this.child.stdio[3] as Writable).destroy();
    this.child.stdin?.destroy();
    this.output.destroy();
  }
}

function commandLine({ program, args, environment }: Command, place: Place, readsInput: boolean): string[] {
  if (place === null) return [program, ...args];
  // Without a value, docker takes it from its own environment.
  const names = Object.keys(environment).flatMap((name) => ['-e', name]);
  const watched = readsInput ? [] : ['sh', '-c', WATCHED_BY_INPUT, 'sh'];
  return ['docker', 'exec', '-i', ...names, place.container, ...watched, program, ...args];
}

function missing({ program, debianPackage, option }: Command, reason: string): BackupError {
  if (/\bdocker: not found/.test(reason))
    return new BackupError(
      'UNSUPPORTED',
      'The program "docker", which runs the database’s programs in a container, was not found. Install the Debian package "docker.io" or "docker-ce-cli", or leave out the container.',
    );
  return new BackupError(
    'UNSUPPORTED',
    `The program "${program}" cannot be run. Install the Debian package "${debianPackage}" (where the programs run in a container: in its image), or say where it is in the native engine's option "${option}".`,
  );
}
