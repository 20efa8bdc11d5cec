import { randomUUID } from 'node:crypto';
import { BackupError } from '../../../model/errors.js';
import type { ServerTarget } from '../../database-target.js';
import type { Program } from '../programs/program.js';
import type { PostgresPrograms } from './postgres.programs.js';

/**
 * A connection held by `psql`, which reads statements from a pipe. When this process ends, in whatever way, the pipe does too, and `psql` leaves without a
 * COMMIT that was not sent.
 */
export class PsqlSession {
  private readonly program: Program;
  private readonly printed: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(programs: PostgresPrograms, target: ServerTarget) {
    const settings = ['ON_ERROR_STOP=1', 'VERBOSITY=verbose', 'SHOW_CONTEXT=never'].map((each) => `--set=${each}`);
    const args = ['--no-psqlrc', '--quiet', '--no-align', '--tuples-only', ...settings];
    this.program = programs.start('psql', args, target, { readsInput: true });
    this.printed = (this.program.output as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  /** What a statement prints, without the last line break. @throws BackupError when it fails */
  async ask(sql: string): Promise<string> {
    const pieces: Buffer[] = [];
    for await (const piece of this.read(sql)) pieces.push(piece);
    return Buffer.concat(pieces).toString().replace(/\n$/, '');
  }

  /** The same for answers of any size, in pieces. */
  async *read(sql: string | Buffer): AsyncGenerator<Buffer> {
    const mark = randomUUID(); // no row can hold what was not known when it was written
    await this.program.write(sql);
    await this.program.write(`\nSELECT '${mark}';\n`);
    yield* this.upTo(`${mark}\n`);
  }

  /** Sends statements of any size; what they print is thrown away. */
  async send(pieces: AsyncIterable<Buffer | string>): Promise<void> {
    const mark = randomUUID();
    const answered = this.skipTo(`${mark}\n`);
    const sent = async () => {
      for await (const piece of pieces) await this.program.write(piece);
      await this.program.write(`SELECT '${mark}';\n`);
    };
    await Promise.all([answered, sent()]);
  }

  async close(): Promise<void> {
    this.program.endInput();
    while (!(await this.printed.next()).done);
    await this.program.assertSucceeded();
  }

  kill(): void {
    this.program.kill();
  }

  private async skipTo(mark: string): Promise<void> {
    for await (const piece of this.upTo(mark)) void piece;
  }

  private async *upTo(mark: string): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.rest.indexOf(mark);
      const known = at < 0 ? Math.max(0, this.rest.length - mark.length + 1) : at;
      if (known > 0) yield this.rest.subarray(0, known);
      this.rest = this.rest.subarray(at < 0 ? known : at + mark.length);
      if (at >= 0) return;
      const next = await this.printed.next();
      if (next.done) throw await this.failure();
      this.rest = this.rest.length === 0 ? next.value : Buffer.concat([this.rest, next.value]);
    }
  }

  private async failure(): Promise<BackupError> {
    return this.program.failure(await this.program.exitCode());
  }
}
