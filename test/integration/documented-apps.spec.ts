import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const APPS = 'test/apps';
const MOST_LINES = 10;
const PAGES = ['README.md', 'docs/adding-to-your-app.md'];
const BLOCK = /<!-- app: (\S+) -->\s+```ts\n(.*?)^```$/gms;

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('//'));

/** The lines of all sources of an application. */
async function written(app: string): Promise<Set<string>> {
  const files = (await readdir(join(APPS, app), { recursive: true })).filter((file) => file.endsWith('.ts'));
  const texts = await Promise.all(files.map((file) => readFile(join(APPS, app, file), 'utf8')));
  return new Set(texts.flatMap(linesOf));
}

const blocks = await Promise.all(
  PAGES.map(async (page) =>
    [...(await readFile(page, 'utf8')).matchAll(BLOCK)].map(([, app, text]) => ({ page, app: app!, text: text! })),
  ),
);

describe('what the documents show of the applications in test/apps', () => {
  it.each(blocks.flat())('is what $app has, in no more than ten lines: $page', async ({ app, text }) => {
    const shown = linesOf(text);
    const has = await written(app);
    expect(shown.filter((line) => !has.has(line))).toEqual([]);
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.length).toBeLessThanOrEqual(MOST_LINES);
  });

  it.each(PAGES.map((page, index) => ({ page, shown: blocks[index]!.map(({ app }) => app) })))(
    'is there: $page',
    async ({ page, shown }) => {
      const folders = (await readdir(APPS, { withFileTypes: true })).filter((entry) => entry.isDirectory());
      const all = folders.map(({ name }) => name).sort();
      if (page === 'README.md') expect(shown).toHaveLength(1);
      else expect(shown.sort()).toEqual(all);
    },
  );
});
