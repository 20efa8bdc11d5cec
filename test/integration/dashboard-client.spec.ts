import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

it('the dashboard’s client is what the API is documented to be; otherwise run: npm run dashboard:client', async () => {
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: Record<string, string> };
  const [program, ...words] = scripts['dashboard:client']!.split(' ');
  const output = words.indexOf('--output');
  // Without a file to write it to, the program prints what it makes.
  const made = execFileSync(`node_modules/.bin/${program}`, words.slice(0, output), { encoding: 'utf8' });
  expect(await readFile(words[output + 1]!, 'utf8')).toBe(made);
});
