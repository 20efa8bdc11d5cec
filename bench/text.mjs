import { compare, median } from './measure.mjs';

export const seconds = (times) => `${(median(times) / 1000).toFixed(2)} s`;
export const ms = (value) => `${value.toFixed(1)} ms`;
/** The difference of two times, with its sign. */
export const more = (value) => `${value < 0 ? '−' : '+'}${ms(Math.abs(value))}`;
export const mib = (value) => `${Math.round(value)} MB`;

/** "0.87 (0.80–0.95)" */
export const times = ({ ratio, least, most }) => `${ratio.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;

/** A row that compares our times with a reference's. `atMost` null only informs. */
export function ratioRow({ figure, what, ours, reference, named, atMost, why }) {
  const compared = compare(ours, reference);
  return {
    figure,
    what,
    ours: seconds(ours),
    reference: `${named}: ${seconds(reference)}`,
    measured: times(compared),
    target: atMost === null ? '–' : `≤ ${atMost}`,
    ok: atMost === null ? null : compared.ratio <= atMost,
    why,
  };
}

/** A row for what cannot be measured here. */
export const absentRow = (figure, what, reason) => ({
  figure,
  what,
  ours: '–',
  reference: reason,
  measured: '–',
  target: '–',
  ok: null,
});

/** A row for what ended with an error. */
export const failedRow = (figure) => ({
  ...absentRow(figure, 'could not be measured', '–'),
  measured: 'an error',
  ok: false,
});
