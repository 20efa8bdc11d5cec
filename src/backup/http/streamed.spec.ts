import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { Controller, Get, type INestApplication, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { BackupError } from '../model/errors.js';
import { streamed } from './streamed.js';

let source: Readable;

@Controller()
class Downloads {
  @Get()
  async download() {
    return streamed(source, { type: 'application/json' });
  }
}

@Module({ controllers: [Downloads] })
class DownloadsModule {}

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
    source = new Readable({ read: () => setImmediate(() => source.push('x'.repeat(65_536))) });
    const closed = new Promise((resolve) => source.once('close', () => resolve(true)));
    const leaving = new AbortController();
    const response = await fetch(url, { signal: leaving.signal });
    await response.body!.getReader().read();
    leaving.abort();
    expect(await closed).toBe(true);
  });
});
