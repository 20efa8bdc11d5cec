import { locale } from '../texts/index.js';

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'] as const;

/** `1.2 MB`: powers of 1000, three digits at most, in the words of the language. */
export function bytes(count: number, inLocale: string = locale.value): string {
  let step = 0;
  let value = Math.abs(count);
  // 999.5 would be shown as 1,000.
  while (value >= 999.5 && step < UNITS.length - 1) {
    value /= 1000;
    step += 1;
  }
  const maximumFractionDigits = step === 0 || value >= 99.95 ? 0 : 1;
  const unitDisplay = step === 0 ? 'long' : 'short'; // the short form of bytes has no plural
  const options = { style: 'unit', unit: UNITS[step]!, unitDisplay, maximumFractionDigits } as const;
  return new Intl.NumberFormat(inLocale, options).format(count < 0 ? -value : value);
}
