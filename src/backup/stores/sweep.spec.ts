import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planSweep } from './sweep.js';

const DEAD = 111;
const ALIVE = 222;
const isAbandoned = (pid: number) => pid === DEAD;
const marker = (id: string, pid: number) => `.${id}.meta.json.${pid}.tmp`;

describe('planSweep', () => {
  it('takes a document whose manifest never got its name, and the temporary manifest last', () => {
    expect(planSweep(['a.json', 'a.index', marker('a', DEAD)], isAbandoned)).toEqual({
      files: ['a.json', 'a.index'],
      markers: [marker('a', DEAD)],
    });
  });

  it('takes unfinished documents and archives', () => {
    const names = [`.a.json.${DEAD}.tmp`, `.archived_backups_20260130.zip.${DEAD}.tmp`];
    expect(planSweep(names, isAbandoned)).toEqual({ files: names, markers: [] });
  });

  it('keeps a snapshot that is whole, whatever else was left beside it', () => {
    expect(planSweep(['a.json', 'a.meta.json', marker('a', DEAD)], isAbandoned)).toEqual({
      files: [],
      markers: [marker('a', DEAD)],
    });
  });

  it('keeps a document that a living process is publishing or removing', () => {
    expect(planSweep(['a.json', marker('a', DEAD), marker('a', ALIVE)], isAbandoned)).toEqual({
      files: [],
      markers: [marker('a', DEAD)],
    });
  });

  it('keeps what is not ours', () => {
    const names = [
      'a.json',
      'a.index',
      'b.tmp',
      '.c.tmp',
      '.d.x.tmp',
      'annotations.json',
      '.gitkeep',
      'catalog.sqlite',
    ];
    expect(planSweep(names, isAbandoned)).toEqual({ files: [], markers: [] });
  });

  it('never touches whole snapshots, annotations or living work, in any folder', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'annotations');
    const pid = fc.constantFrom(DEAD, ALIVE);
    const name = fc.oneof(
      fc.tuple(id, fc.constantFrom('.json', '.meta.json', '.index', '.txt')).map(([stem, ending]) => stem + ending),
      fc
        .tuple(id, fc.constantFrom('.json', '.meta.json', '.zip'), pid)
        .map(([stem, ending, suffix]) => `.${stem}${ending}.${suffix}.tmp`),
    );
    fc.assert(
      fc.property(fc.uniqueArray(name), (names) => {
        const { files, markers } = planSweep(names, isAbandoned);
        for (const gone of [...files, ...markers]) {
          expect(names).toContain(gone);
          expect(gone).not.toContain(String(ALIVE));
          const stem = gone.replace(/\.(json|index)$/, '');
          if (gone.startsWith('.')) continue;
          expect(gone).not.toBe('annotations.json');
          expect(names).not.toContain(`${stem}.meta.json`);
          expect(names).not.toContain(marker(stem, ALIVE));
          expect(names).toContain(marker(stem, DEAD));
        }
      }),
    );
  });
});
