import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Job } from '../api/types.js';

vi.stubGlobal('location', { origin: 'http://backups.test' });
vi.stubGlobal('sessionStorage', { getItem: () => null });
const { followJob } = await import('./follow-job.js');

const job = (status: Job['status'], progress = 0) => ({ id: 'j1', status, progress }) as Job;
const event = (data: Job) => `data: ${JSON.stringify(data)}\n\n`;
const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

/** A stream of these events that then ends, breaks, or stays open until the page gives up. */
function stream(signal: AbortSignal, events: string[], end: 'ends' | 'breaks' | 'hangs'): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const text of events) controller.enqueue(new TextEncoder().encode(text));
      if (end === 'ends') controller.close();
      if (end === 'breaks') controller.error(new TypeError('network error'));
      signal.addEventListener('abort', () => controller.error(new DOMException('', 'AbortError')));
    },
  });
  return new Response(body);
}

type Answer = (request: Request) => Response | Promise<Response>;

describe('following a job', () => {
  const asked: string[] = [];
  let answers: Answer[];
  const shown: Job[] = [];
  const follow = (signal = new AbortController().signal) => followJob('j1', (changed) => shown.push(changed), signal);

  beforeEach(() => {
    vi.useFakeTimers();
    asked.length = shown.length = 0;
    vi.stubGlobal('fetch', (request: Request) => {
      asked.push(request.url.endsWith('/events') ? 'events' : 'job');
      const answer = answers.shift();
      if (!answer) throw new Error('Nothing more was expected.');
      return Promise.resolve(answer(request));
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const refused: Answer = () => Promise.reject(new TypeError('connection refused'));

  it('shows every event, and ends with the job', async () => {
    const events = [event(job('running', 0.5)), event(job('completed', 1))];
    answers = [({ signal }) => stream(signal, events, 'ends')];
    expect(await follow()).toEqual(job('completed', 1));
    expect(shown).toEqual([job('running', 0.5), job('completed', 1)]);
    expect(asked).toEqual(['events']);
  });

  it('asks, and listens again, when the stream breaks', async () => {
    answers = [
      ({ signal }) => stream(signal, [event(job('running', 0.2))], 'breaks'),
      () => json(job('running', 0.4)),
      ({ signal }) => stream(signal, [event(job('completed', 1))], 'ends'),
    ];
    const done = follow();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await done).toEqual(job('completed', 1));
    expect(asked).toEqual(['events', 'job', 'events']);
  });

  it('asks instead, where something in between holds the stream back', async () => {
    answers = [({ signal }) => stream(signal, [], 'hangs'), () => json(job('failed'))];
    const done = follow();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await done).toEqual(job('failed'));
    expect(asked).toEqual(['events', 'job']);
  });

  it('does not give up a quiet stream that has begun, nor wait for its end when the job has', async () => {
    let push: (text: string) => void = () => undefined;
    answers = [
      () => {
        const body = new ReadableStream<Uint8Array>({
          start: (controller) => (push = (text) => controller.enqueue(new TextEncoder().encode(text))),
        });
        return new Response(body);
      },
    ];
    const done = follow();
    await vi.advanceTimersByTimeAsync(0);
    push(event(job('running')));
    await vi.advanceTimersByTimeAsync(60_000);
    push(event(job('completed')));
    expect(await done).toEqual(job('completed'));
    expect(asked).toEqual(['events']);
  });

  it('waits for a server that restarts', async () => {
    answers = [
      refused,
      refused,
      refused,
      () => json({}, 502),
      ({ signal }) => stream(signal, [event(job('completed'))], 'ends'),
    ];
    const done = follow();
    await vi.advanceTimersByTimeAsync(4_000);
    expect(await done).toEqual(job('completed'));
  });

  it('says so when there is no such job', async () => {
    const unknown = () => json({ status_code: 404, error_code: 'JOB_NOT_FOUND', message: 'No such job.' }, 404);
    answers = [unknown, unknown];
    await expect(follow()).rejects.toMatchObject({ status: 404, code: 'JOB_NOT_FOUND', message: 'No such job.' });
  });

  it('ends at once when nobody looks any more', async () => {
    const gone = new AbortController();
    answers = [({ signal }) => stream(signal, [event(job('running'))], 'hangs')];
    const done = follow(gone.signal);
    const ended = expect(done).rejects.toMatchObject({ name: 'AbortError' });
    await vi.advanceTimersByTimeAsync(10);
    gone.abort();
    await ended;
    expect(asked).toEqual(['events']);
  });
});
