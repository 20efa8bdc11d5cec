import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packArchiveTask } from '../../src/backup/engines/archive.task.js';
import type { EngineHost } from '../../src/backup/engines/engine-host.js';
import { EngineHost as ChildHost } from '../../src/backup/engines/engine-host.js';
import { BundleEngine } from '../../src/backup/engines/bundle/bundle.engine.js';
import { FilesEngine } from '../../src/backup/engines/files/files.engine.js';
import { JsonEngine } from '../../src/backup/engines/json/json.engine.js';
import { NativeEngine } from '../../src/backup/engines/native/native.engine.js';
import { openContent } from '../../src/backup/engines/shared/document.content.js';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { SnapshotEngines } from '../../src/backup/engines/snapshot.engines.js';
import { contentOf, serialiseManifest, type Manifest } from '../../src/backup/model/manifest.js';
import { manifestName } from '../../src/backup/model/snapshot-id.js';
import { isProcessAlive } from '../../src/backup/system/temporary-file.js';
import { InlineHost, quiet, useChildren } from './inline-tasks.js';
import { position } from './position-codec.js';

/** A source that an engine snapshots, for {@link engineContract}. */
export interface ContractSubject {
  folder: string;
  /** A full snapshot. */
  capture(codec: string | undefined): Promise<StoredSnapshot<Manifest>>;
  /** One that builds on this one, after a change; absent where the engine takes none. */
  captureAgainst?(base: StoredSnapshot<Manifest>, codec: string | undefined): Promise<StoredSnapshot<Manifest>>;
  /** Absent where the engine puts nothing back by itself. */
  restore?(snapshot: StoredSnapshot<Manifest>): Promise<unknown>;
  /** Changes the source. */
  change(): Promise<unknown>;
  /** What the source is, found out without the engine. */
  state(): unknown;
  /** The manifests of the parts of a bundle. */
  parts?: Manifest[];
  close(): Promise<void>;
}

const enginesOn = (host: EngineHost): SnapshotEngines =>
  new SnapshotEngines({
    database: { json: new JsonEngine(host), native: new NativeEngine(host) },
    files: { files: new FilesEngine(host) },
    full: { parts: new BundleEngine(host) },
  });

/**
 * What every engine promises, whatever it is of, and whatever its documents are stored as.
 * @param options.differentials whether it takes them: then its subject has `captureAgainst`
 */
export function engineContract(
  name: string,
  open: () => Promise<ContractSubject>,
  { differentials = false }: { differentials?: boolean } = {},
): void {
  describe.each([undefined, position.name, 'gzip'])(`the engine ${name}, codec %s`, (codec) => {
    const engines = enginesOn(new InlineHost());
    let subject: ContractSubject;

    beforeEach(async () => {
      subject = await open();
    });
    afterEach(() => subject.close());

    const verify = (snapshot: StoredSnapshot<Manifest>) =>
      engines.of(snapshot.manifest).verify({ snapshot, parts: subject.parts ?? [] });
    const read = async (snapshot: StoredSnapshot<Manifest>, view: 'document' | 'stored') =>
      bytesOf(await engines.of(snapshot.manifest).read({ snapshot, view }));

    /** What is there again after the snapshot was put back. */
    async function assertComesBack(snapshot: StoredSnapshot<Manifest>, wanted: unknown): Promise<void> {
      await verify(snapshot);
      await subject.change();
      expect(await subject.state()).not.toEqual(wanted);
      await subject.restore?.(snapshot);
      if (subject.restore) expect(await subject.state()).toEqual(wanted);
      await verify(snapshot);
    }

    it('takes a snapshot that is verified, read, put back, and verified again', async () => {
      const before = await subject.state();
      const snapshot = await subject.capture(codec);
      const stored = await readFile(snapshot.document.path);
      const content = await bytesOf(await openContent(snapshot.document, codec));
      expect(content.length).toBe(contentOf(snapshot.manifest).bytes);
      expect(content.equals(stored)).toBe(codec === undefined);
      expect((await read(snapshot, 'stored')).equals(stored)).toBe(true);
      expect((await read(snapshot, 'document')).equals(content)).toBe(true);
      await assertComesBack(snapshot, before);
    });

    it('does the same out of an archive', async () => {
      const before = await subject.state();
      const archived = await archive(subject.folder, await subject.capture(codec));
      expect((await read(archived, 'document')).length).toBe(contentOf(archived.manifest).bytes);
      await assertComesBack(archived, before);
    });

    const itTakes = differentials ? it : () => undefined;
    itTakes('takes differentials that are put together with their base', async () => {
      const base = await subject.capture(codec);
      await subject.change();
      const before = await subject.state();
      const differential = await subject.captureAgainst!(base, codec);
      expect(differential.manifest.kind).toBe('differential');
      const full = await subject.capture(codec);
      expect((await read(differential, 'document')).length).toBeGreaterThan(0);
      if ('files' in full.manifest)
        expect((differential.manifest as typeof full.manifest).files.sha256).toBe(full.manifest.files.sha256);
      else expect(differential.manifest.tables).toEqual(full.manifest.tables);
      await assertComesBack(differential, before);
    });

    it('finds a single byte that changed, wherever it is, and puts nothing else back than what was taken', async () => {
      const snapshot = await subject.capture(codec);
      const sound = await readFile(snapshot.document.path);
      await subject.change();
      const before = await subject.state();
      for (const place of [0, sound.length >> 1, sound.length - 1]) {
        const damaged = Buffer.from(sound);
        damaged[place]! ^= 0x01;
        await writeFile(snapshot.document.path, damaged);
        await expect(verify(snapshot)).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
        await expect(read(snapshot, 'stored')).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
        if (codec !== undefined && place !== sound.length >> 1) continue; // what a codec adds holds none of the content
        await expect(read(snapshot, 'document')).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
        if (subject.restore)
          await expect(subject.restore(snapshot)).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
        expect(await subject.state()).toEqual(before);
      }
    });

    it('is found by the manifest; another name is refused', async () => {
      const { manifest } = await subject.capture(codec);
      expect(() => engines.of({ ...manifest, engine: 'of tomorrow' } as Manifest)).toThrow(
        expect.objectContaining({ code: 'UNSUPPORTED' }) as Error,
      );
    });

    it('is not read where the codec is not known', async () => {
      const snapshot = await subject.capture(codec);
      const other = { ...snapshot, manifest: { ...snapshot.manifest, codec: 'of tomorrow' } };
      await expect(verify(other)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
      if (subject.restore) await expect(subject.restore(other)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    });
  });

  describe(`the engine ${name}, in a child process`, () => {
    useChildren();

    it('is killed by an abort', async () => {
      const subject = await open();
      try {
        const snapshot = await subject.capture(undefined);
        const abort = new AbortController();
        let pid = 0;
        const onStart = (started: number) => {
          pid = started;
          abort.abort();
        };
        const verified = enginesOn(new ChildHost())
          .of(snapshot.manifest)
          .verify({ snapshot, parts: subject.parts ?? [] }, { signal: abort.signal, onStart });
        await expect(verified).rejects.toBeTruthy();
        await expect.poll(() => isProcessAlive(pid), { interval: 20 }).toBe(false);
      } finally {
        await subject.close();
      }
    });
  });
}

const bytesOf = (stream: Readable): Promise<Buffer> => buffer(stream);

/** The same snapshot, as an entry of an archive. */
async function archive(folder: string, snapshot: StoredSnapshot<Manifest>): Promise<StoredSnapshot<Manifest>> {
  const { manifest, document } = snapshot;
  const manifestFile = { path: join(folder, manifestName(manifest.id)), entry: null };
  await writeFile(manifestFile.path, serialiseManifest(manifest));
  await mkdir(join(folder, 'archived'));
  const path = join(folder, 'archived', 'archived_backups_20260130.zip');
  const packed = await packArchiveTask({ archivePath: path, items: [{ manifest, manifestFile, document }] }, quiet());
  expect(packed.damaged).toEqual([]);
  await rename(packed.temporaryPath, path);
  return { ...snapshot, document: { path, entry: manifest.filename } };
}
