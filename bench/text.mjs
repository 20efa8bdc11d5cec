import { compare, median } from './measure.mjs';

export const seconds = (times) => `${(median(times) / 1000).toFixed(2)} s`;
export const ms = (value) => `${value.toFixed(1)} ms`;
/** The difference of two times, with its sign. */
export const more = (value) => `${value < 0 ? '−' : '+'}${ms(Math.abs(value))}`;
/** Of files and of what is written to them. */
export const mb = (bytes) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 1)} MB`;
export const count = (value) => Math.round(value).toLocaleString('en');
/** Of memory. */
export const memory = (bytes) => `${Math.round(bytes / 1e6)} MB`;
export const moreMemory = (bytes) => `+${(bytes / 1e6).toFixed(1)} MB`;

/** "0.87 (0.80–0.95)" */
export const times = ({ ratio, least, most }) => `${ratio.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;

/** "1/7.9" */
export const share = (ours, theirs) => `1/${(theirs / ours).toFixed(1)}`;

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

/** A row for one value that must not exceed another; `text` says a value in its unit. */
export function limitRow({ figure, what, value, most, text, reference = '–', why }) {
  return {
    figure,
    what,
    ours: text(value),
    reference,
    measured: text(value),
    target: `≤ ${text(most).replace('.0 ', ' ')}`,
    ok: value <= most,
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
