import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Injectable } from '@nestjs/common';

/** What `npm run build` makes of `dashboard/`. From `src/backup/dashboard/` and from `dist/backup/dashboard/` it is at the same place. */
const BUILT = join(__dirname, '../../../dist/dashboard/public');
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface Asset {
  type: string;
  bytes: Buffer;
  gzipped: Buffer;
}

interface Built {
  page: string;
  assets: Map<string, Asset>;
}

/**
 * The built files, read once and kept in memory. So no name from outside ever becomes a path, and a build under a running
 * program leaves it a page and assets that belong together.
 */
@Injectable()
export class DashboardFiles {
  private built: Promise<Built | undefined> | undefined;

  /** The page as it was built; `undefined` when nothing was. */
  async page(): Promise<string | undefined> {
    return (await this.read())?.page;
  }

  async asset(name: string): Promise<Asset | undefined> {
    return (await this.read())?.assets.get(name);
  }

  private async read(): Promise<Built | undefined> {
    this.built ??= readBuilt();
    const reading = this.built;
    const built = await reading.catch((error: unknown) => {
      if (this.built === reading) this.built = undefined; // the next request tries again
      throw error;
    });
    if (!built && this.built === reading) this.built = undefined; // it may be built later
    return built;
  }
}

async function readBuilt(): Promise<Built | undefined> {
  try {
    const page = await readFile(join(BUILT, 'index.html'), 'utf8');
    const names = await readdir(join(BUILT, 'assets'));
    const assets = await Promise.all(names.map(async (name) => [name, await readAsset(name)] as const));
    return { page, assets: new Map(assets) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function readAsset(name: string): Promise<Asset> {
  const bytes = await readFile(join(BUILT, 'assets', name));
  const type = CONTENT_TYPES[extname(name)] ?? 'application/octet-stream';
  return { type, bytes, gzipped: await promisify(gzip)(bytes, { level: 9 }) };
}
