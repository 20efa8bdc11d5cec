import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { diskSpace } from './disk-space.js';

describe('diskSpace', () => {
  it('tells the room on the file system of a folder', async () => {
    const { free_bytes, total_bytes } = await diskSpace(tmpdir());
    expect(total_bytes).toBeGreaterThan(0);
    expect(free_bytes).toBeGreaterThanOrEqual(0);
    expect(free_bytes).toBeLessThanOrEqual(total_bytes);
  });

  it('fails for a folder that is not there', async () => {
    await expect(diskSpace('/no/such/folder')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
