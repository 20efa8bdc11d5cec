import { cp, mkdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands/index.js';
import { CliBench } from '../support/cli-bench.js';

/** The words of a call as a shell would split them, up to a pipe. */
const wordsOf = (line: string): string[] =>
  [...line.split(' | ')[0]!.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+(?:'([^']*)')?)/g)].map(
    ([whole, single, double]) => single ?? double ?? whole.replaceAll("'", ''),
  );

const documented = [...(await readFile('docs/command-line.md', 'utf8')).matchAll(/^```bash\n(.*?)^```$/gms)].flatMap(
  ([, block]) => block!.trim().split('\n'),
);

describe('the examples of the command line', () => {
  let bench: CliBench;
  const home = process.cwd();

  beforeAll(async () => {
    bench = await CliBench.open();
    process.chdir(bench.folder); // what stands in an example is relative to the application's folder
    await bench.create('--description', 'before the migration');
    await mkdir('from-another-machine');
    await cp('backups', 'from-another-machine/backups', { recursive: true });
  });
  afterAll(async () => {
    process.chdir(home);
    await bench.close();
  });

  const examples = COMMANDS.flatMap(({ examples }) => examples).filter((example) => !example.includes('/media/'));
  const calls = [...examples, ...documented.map((line) => line.replace(/^nestjs-backup /, ''))];

  it('stand in the documentation and at every command', () => {
    expect(documented.every((line) => line.startsWith('nestjs-backup '))).toBe(true);
    expect(documented.length).toBeGreaterThan(20);
    expect(COMMANDS.filter(({ examples: own }) => own.length === 0)).toEqual([]);
    const named = new Set(documented.map((line) => line.split(' ')[1]));
    expect(COMMANDS.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([]);
  });

  it.each([...new Set(calls)])('%s', async (call) => {
    // Each names files that are to be new; and without a terminal nobody can confirm.
    const words = wordsOf(call).map((word) =>
      word.replace(/(copy|new)\.sqlite$|snapshot\.json$/, `${Math.random()}.$1`),
    );
    if (words[0] === 'restore' && !words.includes('--yes')) words.push('--yes');
    const { code, err } = await bench.run(words, {});
    expect(err).not.toMatch(/^Warning|^Failed/m);
    expect(code, err).toBe(0);
  });

  it.each(COMMANDS.map(({ name }) => name))('are shown by %s --help, with what every command takes', async (name) => {
    const { code, out } = await bench.run([name, '--help']);
    expect(code).toBe(0);
    expect(out).toContain(`Examples:\n  nestjs-backup ${name}`);
    expect(out).toContain('--read-only');
  });

  it('are of a program that tells its version', async () => {
    const { version } = JSON.parse(await readFile(resolve(home, 'package.json'), 'utf8')) as { version: string };
    expect(await bench.ok('--version')).toBe(`${version}\n`);
    expect((await bench.run(['--help'])).out).toMatch(/Exit codes:\n {2}0 /);
    expect(await bench.run([])).toMatchObject({ code: 2 });
  });
});
