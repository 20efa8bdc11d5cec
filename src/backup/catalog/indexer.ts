import { setImmediate } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import { BehaviorSubject, filter, firstValueFrom, fromEvent, NEVER, takeUntil } from 'rxjs';
import { asBackupError, BackupError } from '../model/errors.js';
import type { IndexingProgress } from './catalog.js';
import type { CatalogStore, CatalogTables } from './catalog.store.js';
import { piecesOf } from './chunks.js';
import { Serial } from '../system/serial.js';

/** Fewer may be missing without anybody having to be told: they are read within moments, at a start before anything is served. */
const AT_ONCE = 200;
const RETRY_MS = 30_000;

/** Told after each piece how many manifests were read. */
type OnRead = (count: number) => void;

/** Reads or writes the catalog, in whatever place that is. */
type Use = <T>(step: (tables: CatalogTables) => Promise<T>) => Promise<T>;

export interface IndexerOptions {
  store: CatalogStore;
  /** Keeps everybody else, in any process, from changing snapshots meanwhile: for moments. */
  alone: <T>(work: () => Promise<T>) => Promise<T>;
  /** Milliseconds that nobody sets. */
  elapsed: () => number;
  logger: Pick<LoggerService, 'error'>;
}

/**
 * Lists what the backup folder holds: the newest first, in pieces that are kept one by one, so that everything else goes on meanwhile and an end in the middle
 * loses nothing. Whatever was overlooked or changed meanwhile is found by the reconciliation at its end.
 */
export class Indexer {
  private readonly state = new BehaviorSubject<IndexingProgress | null>(null);
  private readonly turns = new Serial();
  private readonly closing = new AbortController();
  /** That are at work, or wait. */
  private runs = 0;
  private looking: Promise<unknown> = Promise.resolve();
  private failedAt: number | null = null;
  private trouble = '';

  constructor(private readonly options: IndexerOptions) {}

  /** How far it is; null while nothing is missing, or nothing more can be had. */
  get progress(): IndexingProgress | null {
    return this.state.value;
  }

  /** Resolves once that is null, or when the signal says that nobody waits any more. */
  async ended(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    const left = signal ? fromEvent(signal, 'abort') : NEVER;
    await firstValueFrom(
      this.state.pipe(
        filter((progress) => progress === null),
        takeUntil(left),
      ),
      { defaultValue: null },
    );
  }

  /** Lists everything. Never throws: what cannot be read is said in the log. @returns when few are missing, or the newest are there and the rest follows */
  begin(): Promise<void> {
    return new Promise((resolve) => {
      let read = 0;
      const onRead = (count: number) => {
        read += count;
        if (read >= AT_ONCE) resolve();
      };
      void this.run({}, onRead)
        .then(() => this.findBroken(onRead))
        .catch((error: unknown) => this.report(error))
        .finally(resolve);
    });
  }

  /** The same once more, in the background, where it failed some time ago. */
  retry(): void {
    if (this.failedAt === null || this.options.elapsed() - this.failedAt < RETRY_MS) return;
    this.failedAt = null;
    void this.begin();
  }

  /** Says that nothing is known any more, and begins from the start. */
  beginAnew(): void {
    this.state.next({ indexed: 0, total: 0 });
    void this.begin();
  }

  /** Lists everything, one run after the other. @param how `anew` reads also what is listed */
  run({ anew = false }: { anew?: boolean } = {}, onRead: OnRead = () => undefined): Promise<void> {
    this.runs += 1;
    return this.turns.run(async () => {
      const { store, alone } = this.options;
      const use: Use = (step) => store.use(step);
      try {
        const all = anew || store.gaps.rowsOutdated;
        await this.fill(use, all, this.counting(onRead));
        await alone(() => this.reconcile());
        if (all) store.gaps.rowsOutdated = false;
        this.failedAt = null;
      } finally {
        this.runs -= 1;
        if (this.runs === 0 && !this.closing.signal.aborted) this.state.next(null);
      }
    });
  }

  /** Lists piece by piece, in whatever place, all that is missing there. */
  async fill(
    use: Use,
    anew: boolean,
    onRead: (count: number, missing: Missing) => void = () => undefined,
  ): Promise<void> {
    const { ids, archives, listed, regular, annotations } = await use(({ reconciliation }) =>
      reconciliation.unlisted(anew),
    );
    const missing = { listed, count: archives.reduce((sum, { count }) => sum + count, ids.length) };
    await this.pause(0, (count) => onRead(count, missing));
    for (const piece of piecesOf(ids)) {
      await use(async ({ reconciliation: { intake } }) => {
        const items = await intake.read(piece);
        await this.options.alone(() => intake.add(items, annotations));
      });
      await this.pause(piece.length, (count) => onRead(count, missing));
    }
    for (const { file, count } of archives) {
      await use(({ reconciliation: { intake } }) =>
        this.options.alone(() => intake.addArchive(file, regular, annotations)),
      );
      await this.pause(count, (read) => onRead(read, missing));
    }
  }

  /** Tells of what is listed and broke since: it is in nobody's way, however long that takes. */
  findBroken(onRead: OnRead = () => undefined): Promise<void> {
    const looked = this.options.store.use(({ reconciliation }) =>
      reconciliation.reportBroken((count) => this.pause(count, onRead)),
    );
    this.looking = Promise.allSettled([this.looking, looked]);
    return looked;
  }

  /** Ends after the piece that is being read. */
  async close(): Promise<void> {
    this.closing.abort(new BackupError('INTERRUPTED', 'The application is shutting down.'));
    await this.turns.run(() => Promise.resolve());
    await this.looking;
    this.state.complete();
  }

  /** Tells how far it is, where enough is missing for somebody to notice. */
  private counting(onRead: OnRead): (count: number, missing: Missing) => void {
    let read = 0;
    return (count, { listed, count: missing }) => {
      read += count;
      if (missing >= AT_ONCE) this.state.next({ indexed: listed + read, total: listed + missing });
      onRead(count);
    };
  }

  private async reconcile(): Promise<void> {
    const { store } = this.options;
    const { pinsRead, lostAll } = await store.use(({ reconciliation }) => reconciliation.run());
    const isEmpty = (await store.use(({ snapshots }) => snapshots.count())) === 0;
    if (pinsRead) store.gaps.pinsUnread = false;
    if (lostAll) store.gaps.verificationsLost = true;
    else if (isEmpty) store.gaps.verificationsLost = false; // of none there is nothing to know
  }

  /** Lets everything else through. */
  private async pause(count: number, onRead: OnRead): Promise<void> {
    onRead(count);
    await setImmediate();
    this.closing.signal.throwIfAborted();
  }

  private report(error: unknown): void {
    if (this.closing.signal.aborted) return;
    this.failedAt = this.options.elapsed();
    const { message } = asBackupError(error);
    if (message !== this.trouble) this.options.logger.error(`The list of snapshots may be out of date: ${message}`);
    this.trouble = message;
  }
}

/** How many are listed, and how many are not. */
interface Missing {
  listed: number;
  count: number;
}
