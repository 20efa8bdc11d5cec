import { createHash, type Hash } from 'node:crypto';
import type { TableNames } from './mysql.table-names.js';

/** The rows of what is no table and has to be proven by itself: the counters, the sequences. */
export class ProvenRows<State> {
  readonly found = new Map<string, State>();
  private readonly hash: Hash = createHash('sha256');

  constructor(
    private readonly parse: (rows: Buffer) => Map<string, State>,
    private readonly names: TableNames,
  ) {}

  add(rows: Buffer): number {
    for (const [name, state] of this.parse(rows)) this.found.set(this.names.liveName(name), state);
    this.hash.update(rows.toString().replaceAll(',\n', '\n')).update('\n');
    return 0;
  }

  digest(): string {
    return this.hash.digest('hex');
  }
}
