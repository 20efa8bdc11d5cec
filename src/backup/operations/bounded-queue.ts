import { BackupError } from '../model/errors.js';
import { Lane } from './lane.js';

interface QueuedWork {
  begin: () => Promise<void>;
}

/** Runs heavy work that is not a job, one piece at a time, and refuses work when too much is waiting. */
export class BoundedQueue {
  private readonly lane = new Lane<QueuedWork>((queued) => queued.begin());
  private waiting = 0;

  /**
   * @param mostWaiting how many may wait, besides the one that runs
   * @param refusal the message of the error that the others get
   */
  constructor(
    private readonly mostWaiting: number,
    private readonly refusal: string,
  ) {}

  /**
   * Runs the work when everything before it has ended.
   * @param signal withdraws it while it waits; once it has begun, the work has to listen itself
   * @throws BackupError `BUSY`
   */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    if (this.waiting >= this.mostWaiting) throw new BackupError('BUSY', this.refusal);
    return new Promise<T>((resolve, reject) => {
      const queued: QueuedWork = {
        begin: async () => {
          this.waiting -= 1;
          signal.removeEventListener('abort', withdraw);
          await work().then(resolve, reject);
        },
      };
      const withdraw = () => {
        this.lane.remove(queued);
        this.waiting -= 1;
        reject(signal.reason as Error);
      };
      this.waiting += 1;
      signal.addEventListener('abort', withdraw, { once: true });
      this.lane.add(queued);
    });
  }
}
