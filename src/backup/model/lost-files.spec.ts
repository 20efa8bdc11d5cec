import { describe, expect, it } from 'vitest';
import { lostFiles } from './lost-files.js';

const warning = (had: number, left: number) =>
  lostFiles({ id: 'earlier', files: { count: had } }, { count: left })?.message ?? null;

describe('lostFiles', () => {
  it('tells when all or nine tenths of the files are gone', () => {
    expect(warning(5, 0)).toMatch(/^All 5 files in snapshot earlier are missing/);
    expect(warning(100, 10)).toMatch(/^90 of the 100 files/);
    expect(warning(100, 11)).toBeNull();
  });

  it('says nothing of folders that were empty, or grew', () => {
    expect(warning(0, 0)).toBeNull();
    expect(warning(3, 4)).toBeNull();
  });
});
