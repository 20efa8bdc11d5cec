import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { type Observable, Subscription } from 'rxjs';

/**
 * Values as server-sent events, each with the value as JSON for its data; ends when they do, and when the client leaves.
 * Source of the format: the HTML standard, "Server-sent events".
 */
export class EventStream extends StreamableFile {
  constructor(values: Observable<unknown>) {
    super(textOf(values), { type: 'text/event-stream' });
  }
}

function textOf(values: Observable<unknown>): Readable {
  const subscription = new Subscription();
  const stream = new Readable({
    read: () => undefined,
    destroy: (error, done) => {
      subscription.unsubscribe();
      done(error);
    },
  });
  let id = 0;
  subscription.add(
    values.subscribe({
      next: (value) => stream.push(`id: ${++id}\ndata: ${JSON.stringify(value)}\n\n`),
      error: (error: unknown) => stream.destroy(error as Error),
      complete: () => stream.push(null),
    }),
  );
  return stream;
}
