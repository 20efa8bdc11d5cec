import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Places } from './places.js';

const soon = () => new Promise(setImmediate);
const busy = { code: 'BUSY', message: 'Enough.' };

describe('places', () => {
  it('are so many, and each is given back once', () => {
    const places = new Places(2, 'Enough.');
    const give = places.take();
    places.take();
    expect(() => places.take()).toThrow('Enough.');
    give();
    give();
    places.take();
    expect(() => places.take()).toThrow('Enough.');
  });

  it('are held while work is done, and no longer when it fails', async () => {
    const places = new Places(1, 'Enough.');
    let fail!: (error: Error) => void;
    const work = places.during(() => new Promise((_, reject) => (fail = reject)));
    await expect(places.during(() => Promise.resolve())).rejects.toMatchObject(busy);
    fail(new Error('broken'));
    await expect(work).rejects.toThrow('broken');
    expect(await places.during(() => Promise.resolve('done'))).toBe('done');
  });

  it.each([
    ['is read to its end', (stream: PassThrough) => void stream.end('x').resume()],
    ['fails', (stream: PassThrough) => void stream.once('error', () => undefined).destroy(new Error('broken'))],
    ['is given up by who reads it', (stream: PassThrough) => void stream.destroy()],
  ])('are held while a stream is open, until it %s', async (_, end) => {
    const places = new Places(1, 'Enough.');
    const open = () => Promise.resolve({ stream: new PassThrough() });
    const { stream } = await places.whileOpen(open);
    await expect(places.whileOpen(open)).rejects.toMatchObject(busy);
    end(stream);
    await soon();
    await soon();
    await places.whileOpen(open);
  });

  it('are not held by a stream that was never opened, or had ended before anybody was told', async () => {
    const places = new Places(1, 'Enough.');
    await expect(places.whileOpen(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    const stream = new PassThrough();
    stream.destroy();
    await soon();
    await places.whileOpen(() => Promise.resolve({ stream }));
    places.take();
  });
});
