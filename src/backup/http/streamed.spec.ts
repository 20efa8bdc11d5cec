import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { Controller, Get, type INestApplication, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { BackupError } from '../model/errors.js';
import { streamed } from './streamed.js';

let source: Readable;
let length: number | undefined;

@Controller()
class Downloads {
  @Get()
  async download() {
    return streamed(source, { type: 'application/json', ...(length !== undefined && { length }) });
  }
}

@Module({ controllers: [Downloads] })
class DownloadsModule {}

const endless = () =>
  new Readable({
    read() {
      setImmediate(() => this.push('x'.repeat(65_536)));
    },
  });

describe('a streamed answer', () => {
  let app: INestApplication<Server>;
  let url: string;

  beforeAll(async () => {
    app = await NestFactory.create(DownloadsModule, { logger: false });
    await app.listen(0, '127.0.0.1');
    url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}/`;
  });
  afterAll(() => app.close());
  beforeEach(() => {
    length = undefined;
    vi.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
  });

  it('arrives whole', async () => {
    source = Readable.from(['[', '1', ']'].map((part) => Buffer.from(part)));
    expect(await (await fetch(url)).json()).toEqual([1]);
  });

  it('may be empty', async () => {
    source = Readable.from([]);
    expect(await (await fetch(url)).text()).toBe('');
  });

  it('is a proper error when it fails before the first byte', async () => {
    source = new Readable({ read: () => source.destroy(new BackupError('SNAPSHOT_CORRUPT', 'It is broken.')) });
    expect((await fetch(url)).status).toBe(500); // nobody mapped it here; the filter of the backup routes does
  });

  it('is a proper error when it had failed before it was sent', async () => {
    source = new Readable({ read: () => undefined });
    source.on('error', () => undefined);
    source.destroy(new BackupError('SNAPSHOT_CORRUPT', 'It is broken.'));
    expect((await fetch(url)).status).toBe(500);
  });

  it('does not end the process when it fails right behind the first bytes', async () => {
    source = new Readable({
      read() {
        this.push('[1,');
        process.nextTick(() => this.destroy(new BackupError('SNAPSHOT_CORRUPT', 'It is broken.')));
      },
    });
    const answer = await fetch(url).then(
      ({ status }) => status,
      () => 'broken off',
    );
    expect([500, 'broken off']).toContain(answer);
  });

  it('breaks off when it fails after the first byte', async () => {
    let reads = 0;
    source = new Readable({
      read() {
        if (reads++ === 0) this.push('[1,');
        else setImmediate(() => this.destroy(new BackupError('SNAPSHOT_CORRUPT', 'It is broken.')));
      },
    });
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow();
  });

  it('ends its source when the client leaves', async () => {
    source = endless();
    const closed = new Promise((resolve) => source.once('close', () => resolve(true)));
    const leaving = new AbortController();
    const response = await fetch(url, { signal: leaving.signal });
    await response.body!.getReader().read();
    leaving.abort();
    expect(await closed).toBe(true);
  });

  describe('of a promised length', () => {
    /** With time between them for what has been let through to arrive. */
    async function* pieces(sizes: number[]) {
      for (const size of sizes) {
        yield Buffer.alloc(size, 'x');
        await setTimeout(20);
      }
    }

    it('arrives whole', async () => {
      [source, length] = [Readable.from(pieces([100_000, 100_000, 1])), 200_001];
      const response = await fetch(url);
      expect(response.headers.get('content-length')).toBe('200001');
      expect((await response.text()).length).toBe(200_001);
    });

    it.each([
      ['shorter', [100_000, 100_000]],
      ['longer', [100_000, 100_000, 100_000]],
      ['longer where a piece ends', [200_001, 1]],
    ])('never looks whole when it is %s', async (_, sizes) => {
      [source, length] = [Readable.from(pieces(sizes)), 200_001];
      const whole = await fetch(url)
        .then(
          (response) => (response.ok ? response.text() : undefined),
          () => undefined,
        )
        .catch(() => undefined);
      expect(whole).toBeUndefined();
    });

    it('ends its source when the client leaves', async () => {
      source = endless();
      length = Number.MAX_SAFE_INTEGER;
      const closed = new Promise((resolve) => source.once('close', () => resolve(true)));
      const leaving = new AbortController();
      const response = await fetch(url, { signal: leaving.signal });
      await response.body!.getReader().read();
      leaving.abort();
      expect(await closed).toBe(true);
    });
  });
});
