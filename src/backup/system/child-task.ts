import { fork, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { PassThrough, type Readable } from 'node:stream';
import { BackupError, type BackupErrorCode } from '../model/errors.js';
import type { Claim, Fence } from './fence.js';

/** Messages from a child to its parent. */
export type ChildMessage =
  | { type: 'progress'; stage: string | null; progress: number }
  | { type: 'ready' }
  | { type: 'result'; value: unknown }
  | { type: 'error'; code: BackupErrorCode; message: string; details: Record<string, unknown> };

/** The one message from a parent to its child. Goes over IPC, never through argv: it may hold secrets. */
export interface ChildRequest {
  task: string;
  payload: unknown;
  /** What the child's {@link Fence} rests on. */
  claim?: Claim | null;
}

export interface TaskProgress {
  stage: string | null;
  /** 0…1 within the task. */
  progress: number;
}

export interface TaskRun {
  /** Aborting kills the child at once. */
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: TaskProgress) => void) | undefined;
  /** Told the child's process id, so that its leftovers can be swept if it is killed. */
  onStart?: ((pid: number) => void) | undefined;
  /** The child does what is final behind it. */
  fence?: Fence | undefined;
}

/** Lower than the application's own: a backup must cost it nothing it can notice. */
const CHILD_PRIORITY = 10;
/** A child handles bytes more than objects; where it makes many short-lived ones, V8 would let 16 MB of them pile up three times over. */
const SMALL_NURSERY = '--max-semi-space-size=4';
const LONGEST_ERROR_OUTPUT = 4000;
const STREAM_BUFFER_BYTES = 256 * 1024;

/**
 * Starts a child process that waits for its one task.
 * @param preload a task whose code it loads meanwhile
 * @param scratch where its temporary files go
 */
export function startChild(entry: string, preload?: string, scratch?: string | null): ChildProcess {
  const child = fork(entry, preload === undefined ? [] : [preload], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [SMALL_NURSERY],
    serialization: 'advanced',
    env: { ...childEnvironment(), ...(scratch == null ? {} : { SQLITE_TMPDIR: scratch }) },
  });
  if (child.pid !== undefined) yieldToTheApplication(child.pid);
  return child;
}

/** Runs one named task in a child process of its own and returns its result. The child ends with it. */
export async function runChildTask<T>(child: ChildProcess, request: ChildRequest, run: TaskRun = {}): Promise<T> {
  return (await assign(child, request, run, 'answer')) as T;
}

/**
 * Runs a task whose answer is a stream of bytes on the child's standard output. Resolves when the child says that it is ready, so that
 * an error before the first byte can still become a proper answer; a later one destroys the stream. Destroying the stream kills the child.
 */
export function streamChildTask(child: ChildProcess, request: ChildRequest, run: TaskRun = {}): Promise<Readable> {
  const outcome = assign(child, request, run, 'close');
  // Read from the first moment on, since Node throws away what nobody has read when a child ends; and ended only by the
  // outcome, since a child that fails half-way closes its output just like one that has finished.
  const answer = new PassThrough({ highWaterMark: STREAM_BUFFER_BYTES });
  child.stdout!.pipe(answer, { end: false });
  answer.once('close', () => child.kill('SIGKILL'));
  return new Promise<Readable>((resolve, reject) => {
    let handedOut = false;
    child.on('message', (message: ChildMessage) => {
      if (message.type !== 'ready') return;
      handedOut = true;
      resolve(answer);
    });
    outcome.then(
      () => {
        resolve(answer); // which it has been, unless the task had nothing to say
        answer.end();
      },
      (error: Error) => {
        reject(error);
        // An error event that nobody can listen to yet would end the whole application.
        answer.destroy(handedOut ? error : undefined);
      },
    );
  });
}

/** Settled by the answer itself, or only when the child has closed its output too. */
type SettledBy = 'answer' | 'close';

function assign(child: ChildProcess, request: ChildRequest, run: TaskRun, settledBy: SettledBy): Promise<unknown> {
  if (child.pid !== undefined) run.onStart?.(child.pid);
  const outcome = outcomeOf(child, run, settledBy);
  child.send({ ...request, claim: run.fence?.claim ?? null }, () => undefined); // a child that died before it could listen is reported by its exit
  return outcome;
}

/** What Node and the system look up for themselves; among it whose certificates are trusted. */
const INHERITED = [
  'PATH',
  'TZ',
  'TMPDIR',
  'LANG',
  'NODE_EXTRA_CA_CERTS',
  'NODE_USE_SYSTEM_CA',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];

/** The child needs no secrets of the host: what it works on comes with the request. */
const childEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(INHERITED.map((name) => [name, process.env[name]]));

function yieldToTheApplication(pid: number): void {
  try {
    setPriority(pid, CHILD_PRIORITY);
  } catch {
    // it has already ended, or the system has no priorities
  }
}

function outcomeOf(child: ChildProcess, { signal, onProgress }: TaskRun, settledBy: SettledBy): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let answer: ChildMessage | undefined;
    let errorOutput = '';
    const kill = () => child.kill('SIGKILL');
    if (signal?.aborted) kill();
    signal?.addEventListener('abort', kill, { once: true });
    child.stderr?.on(
      'data',
      (chunk: Buffer) => (errorOutput = (errorOutput + chunk.toString()).slice(-LONGEST_ERROR_OUTPUT)),
    );
    child.on('message', (message: ChildMessage) => {
      if (message.type === 'progress') onProgress?.({ stage: message.stage, progress: message.progress });
      else if (message.type !== 'ready') answer = message;
      if (settledBy === 'answer') settle();
    });
    child.once('error', (error) =>
      reject(new BackupError('ENGINE_FAILED', `Could not start the engine host: ${error.message}`)),
    );
    const settle = () => {
      if (answer?.type === 'result') resolve(answer.value);
      if (answer?.type === 'error') reject(new BackupError(answer.code, answer.message, answer.details));
    };
    child.once('close', (code, killedBy) => {
      signal?.removeEventListener('abort', kill);
      settle();
      if (signal?.aborted) return reject(abortReason(signal));
      const how = killedBy ? `was killed by ${killedBy}` : `ended with code ${code}`;
      reject(new BackupError('ENGINE_FAILED', `The engine host ${how} before it finished. ${errorOutput}`.trim()));
    });
  });
}

const abortReason = (signal: AbortSignal): BackupError =>
  signal.reason instanceof BackupError ? signal.reason : new BackupError('CANCELLED', 'The job was cancelled.');
