import { describe, expect, it } from 'vitest';
import { eventData, EventParser } from './event-stream.js';

const parsed = (...pieces: string[]): string[] => {
  const parser = new EventParser();
  return pieces.flatMap((piece) => parser.push(piece));
};

describe('server-sent events', () => {
  it('gives the data of each event that is complete', () => {
    expect(parsed('id: 1\ndata: {"a":1}\n\nid: 2\ndata: {"a":2}\n\ndata: {"a":')).toEqual(['{"a":1}', '{"a":2}']);
  });

  it('puts together what arrives in pieces, wherever they are cut', () => {
    const text = 'event: job\r\ndata: one\r\n\r\n: a comment\r\ndata:two\r\ndata: three\r\n\r\n';
    expect(parsed(...text)).toEqual(['one', 'two\nthree']);
    for (let cut = 0; cut <= text.length; cut++) {
      expect(parsed(text.slice(0, cut), text.slice(cut)), `cut at ${cut}`).toEqual(['one', 'two\nthree']);
    }
  });

  it('takes no other field for data', () => {
    expect(parsed('database: x\n\nretry: 10\n\ndata\n\n')).toEqual(['']);
  });

  it('reads letters that are cut in two', async () => {
    const bytes = new TextEncoder().encode('data: Zürich\n\n');
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const found: string[] = [];
    for await (const data of eventData(body)) found.push(data);
    expect(found).toEqual(['Zürich']);
  });
});
