import type { Terminal } from '../terminal.js';

const BAR_LENGTH = 24;
const CLEAR_LINE = '\r\x1b[2K';

/** How far a job is: a bar on a terminal, otherwise a line for each step. All of it on standard error. */
export class Progress {
  private lastStep: string | null = null;
  private drawn = false;

  constructor(
    private readonly terminal: Terminal,
    private readonly what: string,
    private readonly quiet: boolean,
  ) {}

  /** @param progress 0…1 */
  show(step: string | null, progress: number): void {
    if (this.quiet) return;
    if (this.terminal.isTerminal('stderr')) this.draw(step, progress);
    else if (step !== null && step !== this.lastStep) this.terminal.say(`${this.what}: ${inWords(step)}`);
    this.lastStep = step;
  }

  /** Leaves no half line behind. */
  end(): void {
    if (this.drawn) this.terminal.stderr.write(CLEAR_LINE);
    this.drawn = false;
  }

  private draw(step: string | null, progress: number): void {
    const done = Math.round(BAR_LENGTH * progress);
    const bar = '#'.repeat(done) + '.'.repeat(BAR_LENGTH - done);
    const line = `${this.what} [${bar}] ${String(Math.round(100 * progress)).padStart(3)} %  ${step === null ? '' : inWords(step)}`;
    this.terminal.stderr.write(CLEAR_LINE + line.slice(0, Math.max(1, (this.terminal.width('stderr') ?? 80) - 1)));
    this.drawn = true;
  }
}

const inWords = (step: string): string => step.replaceAll('_', ' ');
