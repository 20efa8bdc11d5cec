import { spawnSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import Database from 'better-sqlite3';

/** The first line a program says about its version, or null where it is not installed. */
function versionOf(program, ...args) {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? stdout : null;
}

export const peers = {
  sqlite3: versionOf('sqlite3', '--version')?.split(' ')[0] ?? null,
  zip: /Zip (\d[\d.]*)/.exec(versionOf('zip', '-v') ?? '')?.[1] ?? null,
  pg_dump: /(\d[\d.]*)/.exec(versionOf('pg_dump', '--version') ?? '')?.[1] ?? null,
  'mariadb-dump': /(\d[\d.]*-MariaDB)/.exec(versionOf('mariadb-dump', '--version') ?? '')?.[1] ?? null,
  restic: /restic (\S+)/.exec(versionOf('restic', 'version') ?? '')?.[1] ?? null,
};

export function describeMachine() {
  const ours = new Database(':memory:').prepare('SELECT sqlite_version()').pluck().get();
  const others = Object.entries(peers).map(([name, version]) => `${name} ${version ?? 'not installed'}`);
  const load = loadavg()[0];
  const busy =
    load > cpus().length / 2
      ? ': **the machine was busy with other work, which makes the ratios unreliable, in either direction**'
      : '';
  return [
    `${cpus().length} × ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 1e9)} GB, Linux ${release()}`,
    `Node ${process.version}, SQLite ${ours} inside; peers: ${others.join(', ')}`,
    `load when it began: ${load.toFixed(1)}${busy}`,
  ];
}
