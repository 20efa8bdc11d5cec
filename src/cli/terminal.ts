import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import { Interrupted } from './failure.js';

type Output = Writable & Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'hasColors'>>;

/** Where a command is called from: of a process, its own. */
export interface Surroundings {
  stdin: Readable & { isTTY?: boolean };
  stdout: Output;
  stderr: Output;
  env: NodeJS.ProcessEnv;
}

/** What a command says, and asks. Results go to standard output, everything else to standard error. */
export class Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: NodeJS.ProcessEnv;
  private readonly stdin: Surroundings['stdin'];
  /** False once whoever read the results has left, as `| head` does. */
  private listened = true;
  colours = true;

  constructor({ stdin, stdout, stderr, env }: Surroundings) {
    this.stdin = stdin;
    this.stdout = stdout;
    this.stderr = stderr;
    this.env = env;
    for (const stream of [stdout, stderr])
      stream.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EPIPE') throw error;
        this.listened = false;
      });
  }

  /** Whether whoever read the results has had enough. */
  get hasLeft(): boolean {
    return !this.listened;
  }

  /** A result. */
  print(text: string): void {
    if (this.listened) this.stdout.write(`${text}\n`);
  }

  /** Anything else than a result. */
  say(text: string): void {
    if (!this.stderr.destroyed) this.stderr.write(`${text}\n`);
  }

  isTerminal(stream: 'stdout' | 'stderr'): boolean {
    return this[stream].isTTY === true;
  }

  /** In letters; undefined where it is no terminal. */
  width(stream: 'stdout' | 'stderr'): number | undefined {
    return this.isTerminal(stream) ? this[stream].columns || 80 : undefined;
  }

  /** Coloured where there is a terminal that shows colours, and nobody has forbidden them. */
  paint(colour: 'red' | 'yellow' | 'green' | 'bold', text: string): string {
    const shows = this.colours && this.isTerminal('stdout') && this.stdout.hasColors?.(this.env) === true;
    return shows ? styleText(colour, text, { validateStream: false }) : text;
  }

  /** Whether somebody is there to answer. */
  get canAsk(): boolean {
    return this.stdin.isTTY === true && this.isTerminal('stderr');
  }

  /** @throws Interrupted when it is answered with Ctrl-C or Ctrl-D */
  ask(question: string): Promise<string> {
    const lines = createInterface({ input: this.stdin, output: this.stderr, terminal: true });
    return new Promise<string>((resolve, reject) => {
      lines.once('SIGINT', () => {
        this.stderr.write('\n');
        reject(new Interrupted(2));
        lines.close();
      });
      lines.once('close', () => reject(new Interrupted(2, 'No input, so nothing was done.')));
      lines.question(question, (answer) => {
        resolve(answer);
        lines.close();
      });
    });
  }
}
