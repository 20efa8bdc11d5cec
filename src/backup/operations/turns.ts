import { BackupError } from '../model/errors.js';
import { Lane } from './lane.js';

interface Turn {
  begin: () => Promise<void>;
}

/** Lets heavy work that is no job be done one at a time, and turns away what would have to wait behind too many. */
export class Turns {
  private readonly lane = new Lane<Turn>((turn) => turn.begin());
  private waiting = 0;

  /**
   * @param mostWaiting how many may wait, besides the one whose turn it is
   * @param refusal what the others are told
   */
  constructor(
    private readonly mostWaiting: number,
    private readonly refusal: string,
  ) {}

  /**
   * Does the work when its turn has come.
   * @param signal takes it back while it waits; once it has begun, the work has to listen itself
   * @throws BackupError `BUSY`
   */
  async take<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    if (this.waiting >= this.mostWaiting) throw new BackupError('BUSY', this.refusal);
    return new Promise<T>((resolve, reject) => {
      const turn: Turn = {
        begin: async () => {
          this.waiting -= 1;
          signal.removeEventListener('abort', takeBack);
          await work().then(resolve, reject);
        },
      };
      const takeBack = () => {
        this.lane.remove(turn);
        this.waiting -= 1;
        reject(signal.reason as Error);
      };
      this.waiting += 1;
      signal.addEventListener('abort', takeBack, { once: true });
      this.lane.add(turn);
    });
  }
}
