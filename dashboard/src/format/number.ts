import { locale } from '../texts/index.js';

export const number = (value: number, inLocale: string = locale.value): string =>
  new Intl.NumberFormat(inLocale).format(value);

/** `0.5` → `50%`. What is not all is never shown as 100%. */
export function percent(part: number, inLocale: string = locale.value): string {
  const shown = part < 1 ? Math.min(part, 0.999) : part;
  return new Intl.NumberFormat(inLocale, { style: 'percent', maximumFractionDigits: 1 }).format(shown);
}
