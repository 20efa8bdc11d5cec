import { createHash } from 'node:crypto';
import { expect } from 'vitest';

/** What the fixture `sqlite3-app` keeps: entries of which each seals all before it, and one row that says what the last is. */
export interface Ledger {
  ledgers: { id: number; entries: number; seal: string }[];
  entries: { number: number; text: string; seal: string }[];
}

/** What one of its writers was told is committed. */
export interface Committed {
  after: string;
  seal: string;
}

/**
 * Fails unless this is a state between two commits, with no entry missing, doubled or changed.
 * @returns its last seal, which stands for all of it
 */
export function soundLedger({ ledgers, entries }: Ledger): string {
  let seal = '';
  for (const [index, entry] of entries.entries()) {
    seal = createHash('sha256')
      .update(`${seal}\n${index + 1}\n${entry.text}`)
      .digest('hex');
    expect(entry).toEqual({ number: index + 1, text: entry.text, seal });
  }
  expect(ledgers).toEqual([{ id: 1, entries: entries.length, seal }]);
  return seal;
}

/**
 * What happened to a ledger, told by its writers and by whoever restored it. A commit that got lost shows: the next one follows its forerunner a second
 * time, without a restore that brought that state back.
 */
export class LedgerHistory {
  private readonly followers = new Map<string, number>();
  private readonly restores = new Map<string, number>();
  private readonly forerunners = new Map<string, string>();

  constructor(committed: Committed[], restored: string[]) {
    for (const { after, seal } of committed) {
      expect(this.forerunners.has(seal), 'the same entry, committed twice').toBe(false);
      this.forerunners.set(seal, after);
      count(this.followers, after);
    }
    for (const seal of restored) count(this.restores, seal);
  }

  /** Whether a state is one that somebody was told of. */
  knows = (seal: string): boolean => seal === '' || this.forerunners.has(seal);

  /** The commits that are gone without a restore that undid them. */
  lost(last: string): string[] {
    const twice = [...this.followers].filter(([seal, times]) => times > 1 + (this.restores.get(seal) ?? 0));
    const ends = [...this.forerunners.keys()].filter((seal) => !this.followers.has(seal) && seal !== last);
    const undone = [...this.restores.values()].reduce((sum, times) => sum + times, 0);
    return [...twice.map(([seal]) => seal), ...ends.slice(undone)];
  }

  /** How many commits lead to a state. */
  length(seal: string): number {
    let length = 0;
    for (let at = seal; at !== ''; at = this.forerunners.get(at)!) length++;
    return length;
  }
}

const count = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
