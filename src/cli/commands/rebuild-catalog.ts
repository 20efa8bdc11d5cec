import type { CliCommand } from '../command.js';
import { countOf } from '../output/units.js';
import { watched } from '../watched.js';

export const rebuildCatalog: CliCommand = {
  name: 'rebuild-catalog',
  summary:
    'Rebuilds the catalog from the manifests. Needed only for a catalog that is wrong: a missing or broken one is rebuilt by any command.',
  examples: ['rebuild-catalog'],
  async run(context) {
    const backups = await context.open('write');
    await watched(context, backups, 'Rebuild', () => backups.catalog.rebuild());
    const { regular, archived } = await backups.catalog.stats();
    context.answer(
      { regular: regular.count, archived: archived.count },
      () => `${countOf(regular.count, 'regular snapshot')}, ${archived.count} archived.`,
    );
  },
};
