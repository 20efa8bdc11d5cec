import type { Snapshot, Verification } from '../../backup/internals.js';
import type { CliCommand } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { usage } from '../failure.js';
import { plainText } from '../output/plain-text.js';
import { requester } from '../requester.js';
import { REFERENCE_IN_WORDS, snapshotNamed } from '../snapshot-reference.js';
import { watched } from '../watched.js';

export const verify: CliCommand = {
  name: 'verify',
  summary: 'Re-reads stored snapshots and compares them with their manifests. Exits with 4 if one is damaged.',
  examples: ['verify', 'verify newest:auto', 'verify --all'],
  configure: (command) =>
    command
      .argument('[snapshot]', `${REFERENCE_IN_WORDS} (default: newest)`)
      .option('--all', 'verify every snapshot, newest first'),
  async run(context, [reference], options) {
    const all = options['all'] === true;
    if (all && reference !== undefined) throw usage('Give either --all or a snapshot, not both.');
    const backups = await context.open('read');
    const { catalog, verifications } = backups;
    const chosen: Snapshot[] = all
      ? await catalog.all()
      : [await snapshotNamed(reference ?? 'newest', catalog, { evenDamaged: true })];
    const found: Verification[] = [];
    await watched(context, backups, 'Verify', async (signal) => {
      for (const { id } of chosen) {
        signal.throwIfAborted();
        found.push(await verifications.verify(id, requester()));
      }
    });
    context.answer(all ? found : found[0], () => inWords(found, all));
    return found.every(({ is_valid }) => is_valid) ? EXIT.done : EXIT.unsound;
  },
};

/** Of many, only what needs a person's eye. */
function inWords(found: readonly Verification[], all: boolean): string {
  const damaged = found.filter(({ is_valid }) => !is_valid);
  const lines = (all ? damaged : found).map(
    ({ id, is_valid, message }) => `${id}: ${is_valid ? 'sound' : 'DAMAGED'}. ${plainText(message)}`,
  );
  return [...lines, ...(all ? [`${found.length} verified, ${damaged.length} damaged.`] : [])].join('\n');
}
