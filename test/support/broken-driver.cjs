// Loaded before a program: there better-sqlite3 does not load, in one of the ways in which that happens.
/* eslint-disable @typescript-eslint/no-require-imports, no-undef -- it is preloaded with --require */
const Module = require('node:module');

const BROKEN = {
  /** Its compiled part is there, and was made for another Node. */
  'for another Node': () => {
    const { dlopen } = process;
    process.dlopen = (module, path, ...rest) => {
      if (!path.endsWith('better_sqlite3.node')) return dlopen(module, path, ...rest);
      throw Object.assign(
        new Error(
          `The module '${path}'\nwas compiled against a different Node.js version using\nNODE_MODULE_VERSION 1. This version of Node.js requires\nNODE_MODULE_VERSION 2. Please try re-compiling or re-installing\nthe module (for instance, using \`npm rebuild\` or \`npm install\`).`,
        ),
        { code: 'ERR_DLOPEN_FAILED' },
      );
    };
  },
  /** Its compiled part was never made: no install script ran. */
  'never made': () => {
    const resolve = Module._resolveFilename;
    Module._resolveFilename = (request, ...rest) => {
      if (!request.endsWith('better_sqlite3.node')) return resolve(request, ...rest);
      throw Object.assign(new Error(`Cannot find module '${request}'`), { code: 'MODULE_NOT_FOUND' });
    };
  },
  /** It fails as soon as it is required. */
  'not even required': () => {
    const load = Module._load;
    Module._load = (request, ...rest) => {
      if (request !== 'better-sqlite3') return load(request, ...rest);
      throw Object.assign(new Error('better_sqlite3.node: invalid ELF header'), { code: 'ERR_DLOPEN_FAILED' });
    };
  },
};

const how = process.env.DRIVER;
if (how) BROKEN[how]();
