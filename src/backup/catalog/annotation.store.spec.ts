import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SnapshotRepository } from '../stores/snapshot.repository.js';
import { annotated, AnnotationStore, parseAnnotations } from './annotation.store.js';

let text: string | null;
let writes: number;
let store: AnnotationStore;

beforeEach(() => {
  text = null;
  writes = 0;
  const file = {
    readAnnotations: () => Promise.resolve(text),
    writeAnnotations: (written: string) => {
      text = written;
      writes++;
      return Promise.resolve();
    },
  };
  store = new AnnotationStore(file as unknown as SnapshotRepository);
});

const snapshots = () => (JSON.parse(text!) as { snapshots: unknown }).snapshots;

describe('annotations', () => {
  it('say only what was said, each field on its own', async () => {
    await store.change('b', { pinned: true });
    await store.change('a', { description: 'Before migration' });
    await store.change('b', { description: null });
    expect(snapshots()).toEqual({ a: { description: 'Before migration' }, b: { pinned: true, description: null } });
    await store.change('b', { pinned: false });
    expect(snapshots()).toEqual({ a: { description: 'Before migration' }, b: { description: null } });
    await store.change('c', { pinned: true });
    await store.change('c', { pinned: false });
    expect(snapshots()).not.toHaveProperty('c');
  });

  it('of removed snapshots are dropped; where there are none, nothing is written', async () => {
    await store.change('a', { pinned: true });
    await store.change('b', { pinned: true });
    await store.drop(['a', 'x']);
    expect(snapshots()).toEqual({ b: { pinned: true } });
    const before = writes;
    await store.drop(['a', 'x']);
    expect(writes).toBe(before);
  });

  it('go over what the manifest says, also to take it away', () => {
    const captured = { description: 'from the manifest', pinned: false };
    expect(annotated(captured)).toEqual(captured);
    expect(annotated(captured, { pinned: true })).toEqual({ description: 'from the manifest', pinned: true });
    expect(annotated(captured, { description: null })).toEqual({ description: null, pinned: false });
  });

  it('come back as they were written', async () => {
    const id = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,20}$/);
    const annotation = fc.record({ pinned: fc.boolean(), description: fc.option(fc.string({ unit: 'binary' })) });
    await fc.assert(
      fc.asyncProperty(fc.dictionary(id, annotation), async (entries) => {
        text = null;
        for (const [snapshot, annotation] of Object.entries(entries)) await store.change(snapshot, annotation);
        const stored = await store.read();
        for (const [snapshot, { pinned, description }] of Object.entries(entries)) {
          expect(annotated({ description: 'x', pinned: !pinned }, stored.annotations!.get(snapshot))).toEqual({
            description,
            pinned,
          });
        }
      }),
    );
  });
});

describe('a broken file of annotations', () => {
  const file = (snapshots: unknown) => JSON.stringify({ format: 'nestjs-backup/annotations', version: 1, snapshots });

  it.each([
    ['', 'JSON'],
    ['{"snapshots":', 'JSON'],
    ['[]', 'version 1'],
    ['{"format":"nestjs-backup/annotations","version":2,"snapshots":{}}', 'version 1'],
    [file([]), 'snapshots'],
    [file({ '../x': {} }), 'id'],
    [file({ a: null }), 'object'],
    [file({ a: { pined: true } }), 'pined'],
    [file({ a: { pinned: 'yes' } }), 'pinned'],
    [file({ a: { description: 5 } }), 'description'],
    ['{"format":"nestjs-backup/annotations","version":1,"snapshots":{"__proto__":{"pinned":true}}}', 'id'],
  ])('%s is refused', (broken, why) => {
    expect(() => parseAnnotations(broken)).toThrow(why);
  });

  it('is never overwritten, and the error names it and says what to do', async () => {
    text = 'broken';
    const problem = expect.stringMatching(/annotations\.json.*Repair it, or move it away/s) as string;
    expect(await store.read()).toEqual({ annotations: null, problem });
    for (const attempt of [store.change('a', { pinned: true }), store.drop(['a'])])
      await expect(attempt).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: problem });
    expect(text).toBe('broken');
  });

  it('is known by any bit of it that flipped, or says the same', async () => {
    await store.change('auto_backup_20260130_120000', { pinned: true, description: 'Before migration' });
    await store.change('auto_backup_20260131_120000', { pinned: true });
    const sound = Buffer.from(text!);
    const { annotations } = await store.read();
    let harmless = 0;
    for (let bit = 0; bit < sound.length * 8; bit++) {
      const flipped = Buffer.from(sound);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      text = flipped.toString('utf8');
      const found = await store.read();
      if (found.problem === null) expect(found.annotations, `bit ${bit}`).toEqual(annotations);
      harmless += Number(found.problem === null);
    }
    expect(harmless).toBeLessThan(sound.length); // blanks, and the name of the checksum
  });

  it('without a checksum, as older versions and people write it, is believed', () => {
    expect(parseAnnotations(file({ a: { pinned: true } }))).toEqual(new Map([['a', { pinned: true }]]));
  });
});
