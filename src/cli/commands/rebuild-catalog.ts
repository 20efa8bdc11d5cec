import type { CliCommand } from '../command.js';
import { countOf } from '../output/units.js';
import { watched } from '../watched.js';

export const rebuildCatalog: CliCommand = {
  name: 'rebuild-catalog',
  summary:
    'Reads every manifest again. A catalog that is missing or broken is made anew by any command; this is for one that is wrong.',
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
