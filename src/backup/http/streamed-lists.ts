import { Readable } from 'node:stream';
import { Injectable, type StreamableFile } from '@nestjs/common';
import { Catalog } from '../catalog/catalog.js';
import { Places } from '../operations/places.js';
import { streamed } from './streamed.js';

/** Lists of everything that are on their way at once; each takes memory and the catalog's time. */
const MOST_AT_ONCE = 4;

/** The lists of all snapshots, written piece by piece as the client takes them, so that their length delays nobody else. */
@Injectable()
export class StreamedLists {
  private readonly places = new Places(
    MOST_AT_ONCE,
    'Too many lists of all snapshots are being sent. Try again when they are done, or use pages: GET …/backups?page=1.',
  );

  constructor(private readonly catalog: Catalog) {}

  /** @throws BackupError `BUSY` */
  regular(): Promise<StreamableFile> {
    return this.send(this.regularText());
  }

  /** @throws BackupError `BUSY` */
  all(): Promise<StreamableFile> {
    return this.send(this.allText());
  }

  private send(text: AsyncGenerator<string>): Promise<StreamableFile> {
    const bounded = this.bounded(text);
    return streamed(Readable.from(bounded, { objectMode: false }), { type: 'application/json; charset=utf-8' });
  }

  private async *bounded(text: AsyncGenerator<string>): AsyncGenerator<string> {
    const give = this.places.take();
    try {
      yield* text;
    } finally {
      give();
    }
  }

  private async *regularText(): AsyncGenerator<string> {
    yield '[';
    let comma = '';
    for await (const piece of this.catalog.pieces({ location: 'regular' })) {
      if (piece.length === 0) continue;
      yield comma + piece.map((snapshot) => JSON.stringify(snapshot)).join(',');
      comma = ',';
    }
    yield ']';
  }

  /** What moves into an archive meanwhile is found there. */
  private async *allText(): AsyncGenerator<string> {
    yield '{"regular":';
    yield* this.regularText();
    yield ',"archived":[';
    let comma = '';
    for (const { filename, date, size_bytes } of await this.catalog.archives()) {
      const files: string[] = [];
      for await (const piece of this.catalog.pieces({ archive: filename }))
        files.push(...piece.map((snapshot) => JSON.stringify(snapshot)));
      const head = JSON.stringify({ filename, date, size_bytes, file_count: files.length }).slice(0, -1);
      yield `${comma}${head},"files":[${files.join(',')}]}`;
      comma = ',';
    }
    yield ']}';
  }
}
