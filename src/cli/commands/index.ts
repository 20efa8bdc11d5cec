import type { CliCommand } from '../command.js';
import { archive } from './archive.js';
import { cleanup } from './cleanup.js';
import { completion } from './completion.js';
import { config } from './config.js';
import { create } from './create.js';
import { diff } from './diff.js';
import { extract } from './extract.js';
import { health } from './health.js';
import { jobs } from './jobs.js';
import { list } from './list.js';
import { rebuildCatalog } from './rebuild-catalog.js';
import { restore } from './restore.js';
import { schedule } from './schedule.js';
import { show } from './show.js';
import { sources } from './sources.js';
import { stats } from './stats.js';
import { verify } from './verify.js';

/** In the order of `--help`: looking, getting back, taking, keeping. */
export const COMMANDS: readonly CliCommand[] = [
  list,
  show,
  restore,
  extract,
  diff,
  verify,
  create,
  health,
  stats,
  schedule,
  jobs,
  archive,
  cleanup,
  config,
  sources,
  rebuildCatalog,
  completion,
];
