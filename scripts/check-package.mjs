// Checks the package as npm packs it: publint reads what package.json says of its files, and arethetypeswrong asks the compiler, in each of its ways to
// find a module, for the types of each entry. `node scripts/check-package.mjs [a packed file]`
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

async function linted(packed) {
  const tarball = packed.buffer.slice(packed.byteOffset, packed.byteOffset + packed.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
  return messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`);
}

async function typesFound(packed) {
  const result = await checkPackage(createPackageFromTarballData(packed));
  if (!result.types) return ['arethetypeswrong: the package has no types.'];
  return result.problems.map((problem) => `arethetypeswrong: ${JSON.stringify(problem)}`);
}

async function check(path) {
  const packed = readFileSync(path);
  const problems = [...(await linted(packed)), ...(await typesFound(packed))];
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exit(1);
  console.log('publint and arethetypeswrong report nothing.');
}

const [given] = process.argv.slice(2);
if (given) await check(given);
else {
  const folder = mkdtempSync(join(tmpdir(), 'check-package-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  await check(join(folder, readdirSync(folder)[0]));
}
