import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Injectable } from '@nestjs/common';

/** What `npm run build` makes of `dashboard/`. From `src/dashboard/` and from `dist/dashboard/` it lies at the same place. */
const BUILT = join(__dirname, '../../dist/dashboard/public');
/** Stands in the built page wherever a nonce belongs; see `dashboard/vite.config.mjs`. */
const NONCE_PLACEHOLDER = '__CSP_NONCE__';
const COMPRESSIBLE = new Set(['.js', '.css', '.svg', '.json']);

export interface Asset {
  extension: string;
  bytes: Buffer;
  gzipped: Buffer | undefined;
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

  /** The page with the nonce of this response; `undefined` when nothing was built. */
  async page(): Promise<{ html: string; nonce: string } | undefined> {
    const built = await this.read();
    if (!built) return undefined;
    const nonce = randomBytes(16).toString('base64');
    return { html: built.page.replaceAll(NONCE_PLACEHOLDER, nonce), nonce };
  }

  async asset(name: string): Promise<Asset | undefined> {
    return (await this.read())?.assets.get(name);
  }

  private async read(): Promise<Built | undefined> {
    this.built ??= readBuilt();
    const built = await this.built;
    if (!built) this.built = undefined; // it may be built later
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
  const bytes = await readFile(join(BUILT, 'assets', basename(name)));
  const extension = extname(name);
  const gzipped = COMPRESSIBLE.has(extension) ? await promisify(gzip)(bytes, { level: 9 }) : undefined;
  return { extension, bytes, gzipped };
}
