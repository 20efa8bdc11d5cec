/** @param what of the database is in no snapshot, as `schema.left_out` names it */
export const neverCaptured = (what: string): string =>
  `The ${what} is not in the snapshot, which holds no foreign data, subscriptions, passwords, languages or types of other programs' making: create it by hand.`;
