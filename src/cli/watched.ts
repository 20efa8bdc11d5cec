import type { Backups } from './backups.js';
import type { CommandContext } from './command.js';
import { Interrupted } from './failure.js';
import { Progress } from './output/progress.js';

const LOOK_MS = 100;
const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const;
type Signal = keyof typeof SIGNALS;

/**
 * Does what runs as a job, and shows how far it is. The first Ctrl-C cancels the job and waits until what it left half done is removed; the second one ends
 * the program at once, which is no worse than any other crash.
 */
export async function watched<T>(
  { terminal, global }: CommandContext,
  { queue }: Backups,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const progress = new Progress(terminal, what, global.quiet === true || global.json === true);
  const stopping = new AbortController();
  let received: Signal | undefined;
  const look = () => {
    const [job] = queue.unfinished();
    if (job && (job.status === 'running' || job.stage !== null)) progress.show(job.stage, job.progress); // one that waits says for whom
    if (received) for (const { id } of queue.unfinished()) queue.cancel(id).catch(() => undefined); // it has just ended
  };
  const onSignal = (signal: Signal) => {
    if (received) process.exit(128 + SIGNALS[signal]);
    received = signal;
    progress.end();
    terminal.say('Cancelling. Press Ctrl-C again to stop immediately.');
    stopping.abort(new Interrupted(SIGNALS[signal]));
    look();
  };
  const timer = setInterval(look, LOOK_MS);
  for (const signal of Object.keys(SIGNALS) as Signal[]) process.on(signal, onSignal);
  try {
    return await work(stopping.signal);
  } catch (error) {
    throw received ? new Interrupted(SIGNALS[received]) : error;
  } finally {
    clearInterval(timer);
    for (const signal of Object.keys(SIGNALS) as Signal[]) process.off(signal, onSignal);
    progress.end();
  }
}
