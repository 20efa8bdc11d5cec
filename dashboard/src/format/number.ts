import { language } from '../texts/index.js';

export const number = (value: number, locale: string = language.value): string =>
  new Intl.NumberFormat(locale).format(value);

/** `0.5` → `50%`. What is not all is never shown as 100%. */
export function percent(part: number, locale: string = language.value): string {
  const shown = part < 1 ? Math.min(part, 0.999) : part;
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(shown);
}
