type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** Makes the function that picks the form of a word for a number: `many(3, { one: 'table', other: 'tables' })` is `3 tables`. */
export function plurals(language: string): (count: number, forms: Forms) => string {
  const rules = new Intl.PluralRules(language);
  const digits = new Intl.NumberFormat(language);
  return (count, forms) => `${digits.format(count)} ${forms[rules.select(count)] ?? forms.other}`;
}
