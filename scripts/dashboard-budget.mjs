// Looks at the built dashboard: what the first load weighs, and that it asks nobody but its own server for anything.
// Usage: node scripts/dashboard-budget.mjs [folder]. Ends with 1 and says what is wrong.
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const FIRST_LOAD_KB = 300;
const KNOWN_TYPES = ['.js', '.css', '.html'];

const folder = process.argv[2] ?? fileURLToPath(new URL('../dist/dashboard/public', import.meta.url));
const assets = join(folder, 'assets');
const read = (name) => readFileSync(join(assets, name), 'utf8');
const names = readdirSync(assets);
const scripts = names.filter((name) => name.endsWith('.js'));
const page = readFileSync(join(folder, 'index.html'), 'utf8');
const problems = [];

/** The scripts that the first page needs: what the HTML names, what that imports, and the page that a visit begins with. */
function firstLoad() {
  const needed = new Set([...page.matchAll(/assets\/([\w.-]+\.js)/g)].map(([, name]) => name));
  for (const name of scripts) if (name.startsWith('OverviewPage-')) needed.add(name);
  for (const name of needed) {
    for (const [, imported] of read(name).matchAll(/(?:from|import)\s*["'`]\.\/([\w.-]+\.js)["'`]/g))
      needed.add(imported);
  }
  return [...needed];
}

const kilobytes = (name) => gzipSync(read(name), { level: 9 }).length / 1000;
const first = firstLoad();
const weight = first.reduce((sum, name) => sum + kilobytes(name), 0);
if (first.length < 2) problems.push('The scripts of the first load were not found; the check itself is out of date.');
if (weight > FIRST_LOAD_KB)
  problems.push(`The first load is ${weight.toFixed(0)} kB of JavaScript, over ${FIRST_LOAD_KB}.`);

for (const name of [...names, 'index.html']) {
  if (!KNOWN_TYPES.includes(extname(name)))
    problems.push(`${name}: only scripts and styles belong here, no fonts, no source maps.`);
}
for (const name of names.filter((name) => /\.(js|css)$/.test(name))) {
  const text = read(name);
  // XML namespaces are names, and links to the documentation of a library stand in its messages: neither is fetched.
  const fetched = [
    /url\(\s*["']?(?:https?:)?\/\//,
    /@import\s+["'](?:https?:)?\/\//,
    /(?:fetch|import|src\s*=)\s*\(?\s*["'`]https?:/,
  ];
  if (fetched.some((pattern) => pattern.test(text))) problems.push(`${name} fetches something from elsewhere.`);
  if (/\beval\s*\(|\bnew Function\b/.test(text))
    problems.push(`${name} makes code of text, which its security policy forbids.`);
  if (/sourceMappingURL/.test(text)) problems.push(`${name} names a source map.`);
  if (/@font-face/.test(text)) problems.push(`${name} loads a font.`);
}
if (/(?:src|href)="(?:https?:)?\/\//.test(page)) problems.push('index.html fetches something from elsewhere.');
if (/<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=/.test(page))
  problems.push('index.html holds a script or a style of its own.');

console.log(
  `First load: ${weight.toFixed(0)} kB of JavaScript, gzipped, in ${first.length} files; at most ${FIRST_LOAD_KB}.`,
);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
