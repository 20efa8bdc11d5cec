// Shows that the tests find faults: puts each fault of list.mjs into a copy of the checkout and expects its specs to fail.
// `npm run test:mutations -- retention lease` tries those whose file or name contains one of these words.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTATIONS } from './list.mjs';

const checkout = resolve(process.env.CHECKOUT ?? join(dirname(fileURLToPath(import.meta.url)), '../..'));
const words = process.argv.slice(2);
const chosen = MUTATIONS.filter(
  ({ file, name }) => words.length === 0 || words.some((word) => `${file} ${name}`.includes(word)),
);

const copy = mkdtempSync(join(tmpdir(), 'mutations-'));
process.once('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const tracked = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
const files = execFileSync('git', tracked, { cwd: checkout, encoding: 'utf8' }).split('\0').filter(Boolean);
for (const file of files) cpSync(join(checkout, file), join(copy, file), { recursive: true, force: true });
symlinkSync(join(checkout, 'node_modules'), join(copy, 'node_modules'));
// A fault may leave something unused, which would fail the build before any test could find the fault.
const settings = join(copy, 'tsconfig.json');
writeFileSync(settings, readFileSync(settings, 'utf8').replaceAll(/("noUnused\w+": )true/g, '$1false'));

/** @returns whether one of the tests failed; a run without any test would look the same, and is an error */
function isFound(specs) {
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  const reporting = ['--reporter=json', `--outputFile=${report}`];
  const projects = ['--project', '!browser', '--project', '!apps'];
  const { stderr } = spawnSync('npx', ['vitest', 'run', '--bail=1', ...projects, ...reporting, ...specs], {
    cwd: copy,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let result;
  try {
    result = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    throw new Error(`The tests did not run: ${stderr}`);
  }
  if (result.numTotalTests === 0) throw new Error(`No test ran of ${specs.join(', ')}.`);
  return result.numFailedTests > 0;
}

/** @returns the source with the fault in it */
function mutated(source, { file, search, replacement }) {
  const times = source.split(search).length - 1;
  if (times !== 1) throw new Error(`${file} holds ${times} times what is to be replaced: ${search}`);
  return source.replace(search, () => replacement);
}

const sources = new Map(chosen.map(({ file }) => [file, readFileSync(join(copy, file), 'utf8')]));
for (const mutation of chosen) mutated(sources.get(mutation.file), mutation); // before any test runs

const specs = [...new Set(chosen.flatMap((mutation) => mutation.specs))];
if (isFound(specs)) throw new Error('The tests fail without any fault. Mend that first.');

const missed = [];
for (const mutation of chosen) {
  const { file, name } = mutation;
  writeFileSync(join(copy, file), mutated(sources.get(file), mutation));
  const found = isFound(mutation.specs);
  writeFileSync(join(copy, file), sources.get(file));
  if (!found) missed.push(name);
  console.log(`${found ? 'found ' : 'MISSED'}  ${name} (${file})`);
}
console.log(`${chosen.length - missed.length} of ${chosen.length} faults found`);
process.exitCode = missed.length === 0 ? 0 : 1;
