// Peak memory and time to write an archive of about 430 MB (700 MB of JSON), and to read one entry of it: yazl and yauzl against adm-zip.
// Each run is a process of its own, so that one library's memory is not counted for another. Build first.
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';

const ENTRIES = 10;
const SAMPLE = 'entry_5.json';
const [, , task, ...args] = process.argv;

/** Rows of JSON with random text in them, about as compressible as hashes and tokens are. The seed makes every run equal. */
function* jsonLines(seed, bytes) {
  let state = seed >>> 0 || 1;
  const random = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  for (let id = 1, written = 0; written < bytes;) {
    let lines = '';
    while (lines.length < 65_536) {
      const words = Array.from({ length: 40 }, () => random().toString(36)).join('');
      lines += `{"id":${id++},"token":"${words}"}\n`;
    }
    written += lines.length;
    yield Buffer.from(lines);
  }
}

const ENTRY_BYTES = 70_000_000;

const tasks = {
  async 'write yazl'(path) {
    const { ZipFile } = await import('yazl');
    const zip = new ZipFile();
    for (let seed = 1; seed <= ENTRIES; seed++) {
      zip.addReadStreamLazy(`entry_${seed}.json`, (give) => give(null, Readable.from(jsonLines(seed, ENTRY_BYTES))));
    }
    zip.end();
    await pipeline(zip.outputStream, createWriteStream(path));
  },
  async 'write adm-zip'(path) {
    const { default: AdmZip } = await import('adm-zip');
    const zip = new AdmZip();
    for (let seed = 1; seed <= ENTRIES; seed++) {
      zip.addFile(`entry_${seed}.json`, Buffer.concat([...jsonLines(seed, ENTRY_BYTES)]));
    }
    await zip.writeZipPromise(path);
  },
  async 'read yauzl'(path, out) {
    const { openPromise } = await import('yauzl');
    const zip = await openPromise(path, { autoClose: false });
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName === SAMPLE) await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(out));
    }
    zip.close();
  },
  async 'read adm-zip'(path, out) {
    const { default: AdmZip } = await import('adm-zip');
    await pipeline(Readable.from([new AdmZip(path).readFile(SAMPLE)]), createWriteStream(out));
  },
  async 'read ours'(path, out) {
    const { ArchiveReader } = await import('../dist/backup/archive/archive.reader.js');
    const reader = await ArchiveReader.open(path);
    await pipeline(await reader.stream(SAMPLE), createWriteStream(out));
    await reader.close();
  },
  async 'write ours'(path) {
    const { writeArchive } = await import('../dist/backup/archive/archive.writer.js');
    const entry = (seed) => ({
      name: `entry_${seed}.json`,
      modifiedAt: new Date(),
      open: () => Readable.from(jsonLines(seed, ENTRY_BYTES)),
    });
    await writeArchive(
      path,
      Array.from({ length: ENTRIES }, (_, index) => entry(index + 1)),
    );
  },
  /** The floor: what Node itself needs. */
  async nothing() {},
};

if (task) {
  const start = performance.now();
  await tasks[task](...args);
  const megabytes = Math.round((process.resourceUsage().maxRSS * 1024) / 1e6);
  console.log(
    JSON.stringify({ peak_rss_mb: megabytes, seconds: Number(((performance.now() - start) / 1000).toFixed(2)) }),
  );
} else {
  await measureAll();
}

async function measureAll() {
  const folder = await mkdtemp(join(tmpdir(), 'zip-memory-'));
  const run = (name, ...rest) => ({
    task: name,
    ...JSON.parse(execFileSync(process.execPath, [fileURLToPath(import.meta.url), name, ...rest])),
  });
  try {
    console.log(
      `Node ${process.version}, Linux ${release()}, ${cpus().length} x ${cpus()[0].model}, ${Math.round(totalmem() / 1e9)} GB`,
    );
    const archive = join(folder, 'yazl.zip');
    const results = [run('nothing'), run('write yazl', archive)];
    console.log(`archive: ${Math.round((await stat(archive)).size / 1e6)} MB, ${ENTRIES} entries`);
    await pipeline(createReadStream(archive), new Writable({ write: (_chunk, _encoding, done) => done() })); // everybody finds it in the page cache
    for (const reader of ['read yauzl', 'read ours', 'read adm-zip'])
      results.push(run(reader, archive, join(folder, 'out.json')));
    await rm(archive);
    for (const writer of ['write ours', 'write adm-zip']) {
      results.push(run(writer, join(folder, 'other.zip')));
      await rm(join(folder, 'other.zip'));
    }
    console.table(results);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
