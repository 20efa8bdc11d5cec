import type { FullReason } from '../../model/manifest.js';

/** A differential cannot, or should not, be written: a full snapshot is taken instead. */
export class FullNeeded extends Error {
  constructor(readonly reason: FullReason) {
    super(`A full snapshot is needed: ${reason}.`);
    this.name = 'FullNeeded';
  }
}
