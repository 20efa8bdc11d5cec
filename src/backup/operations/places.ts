import type { Readable } from 'node:stream';
import { BackupError } from '../model/errors.js';

/** Lets only so many do something at once, each of which takes memory and perhaps a process, and turns away whoever comes then. */
export class Places {
  private taken = 0;

  /** @param refusal what whoever comes then is told */
  constructor(
    private readonly count: number,
    private readonly refusal: string,
  ) {}

  /** @returns how to give it back; to do that again does nothing. @throws BackupError `BUSY` */
  take(): () => void {
    if (this.taken >= this.count) throw new BackupError('BUSY', this.refusal);
    this.taken += 1;
    let isHeld = true;
    return () => {
      if (isHeld) this.taken -= 1;
      isHeld = false;
    };
  }

  /** Work that holds a place until it is done. @throws BackupError `BUSY` */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const give = this.take();
    try {
      return await work();
    } finally {
      give();
    }
  }

  /** A stream that holds a place until it is closed, read to its end or not. @throws BackupError `BUSY` */
  async whileOpen<T extends { stream: Readable }>(open: () => Promise<T>): Promise<T> {
    const give = this.take();
    try {
      const opened = await open();
      if (opened.stream.closed) give();
      else opened.stream.once('close', give);
      return opened;
    } catch (error) {
      give();
      throw error;
    }
  }
}
