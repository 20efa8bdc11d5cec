import { describe, expect, it } from 'vitest';
import { BoundedQueue } from './bounded-queue.js';

const never = new AbortController().signal;
const soon = () => new Promise(setImmediate);

/** Work that says when it begins and ends when it is told to. */
function manual() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => () => {
    begun.push(name);
    return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
  };
  return { begun, work, end: (name: string) => ends.get(name)!() };
}

describe('BoundedQueue', () => {
  it('does one thing at a time, and hands on what came of it', async () => {
    const queue = new BoundedQueue(1, 'Enough wait.');
    const { begun, work, end } = manual();
    const first = queue.run(work('first'), never);
    const second = queue.run(work('second'), never);
    await soon();
    expect(begun).toEqual(['first']);
    end('first');
    expect(await first).toBe('first');
    await soon();
    end('second');
    expect(await second).toBe('second');
  });

  it('goes on after a failure', async () => {
    const queue = new BoundedQueue(1, 'Enough wait.');
    await expect(queue.run(() => Promise.reject(new Error('broken')), never)).rejects.toThrow('broken');
    expect(await queue.run(() => Promise.resolve(1), never)).toBe(1);
  });

  it('queue away what would have to wait behind too many', async () => {
    const queue = new BoundedQueue(1, 'Enough wait.');
    const { work, end } = manual();
    const first = queue.run(work('first'), never);
    const second = queue.run(work('second'), never);
    await expect(queue.run(work('third'), never)).rejects.toMatchObject({ code: 'BUSY' });
    end('first');
    await first;
    await soon();
    const third = queue.run(work('third'), never);
    end('second');
    await second;
    await soon();
    end('third');
    expect(await third).toBe('third');
  });

  it('forgets who leaves while waiting, and makes room for others', async () => {
    const queue = new BoundedQueue(1, 'Enough wait.');
    const { begun, work, end } = manual();
    const leaving = new AbortController();
    const first = queue.run(work('first'), never);
    const second = queue.run(work('second'), leaving.signal);
    leaving.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    const third = queue.run(work('third'), never);
    end('first');
    await first;
    await soon();
    expect(begun).toEqual(['first', 'third']);
    end('third');
    await third;
    await expect(queue.run(work('fourth'), leaving.signal)).rejects.toThrow('gone');
    expect(begun).not.toContain('fourth');
  });

  it('leaves it to the work to stop once it has begun', async () => {
    const queue = new BoundedQueue(1, 'Enough wait.');
    const { work, end } = manual();
    const leaving = new AbortController();
    const first = queue.run(work('first'), leaving.signal);
    leaving.abort(new Error('gone'));
    end('first');
    expect(await first).toBe('first');
  });
});
