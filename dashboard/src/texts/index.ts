import { computed, shallowRef, watchEffect } from 'vue';
import { stored, store } from '../shell/preferences.js';
import { en } from './en.js';

/** Every text of the dashboard. Another language is one more file of this type; a missing text does not compile. */
export type Texts = typeof en;

/** Languages by their own names; each is fetched when it is chosen. */
export const LANGUAGES = { en: 'English', ru: 'Русский' } as const;
export type Language = keyof typeof LANGUAGES;

const LOADERS: Record<Language, () => Promise<Texts>> = {
  en: () => Promise.resolve(en),
  ru: async () => (await import('./ru.js')).ru,
};

export const language = shallowRef<Language>('en');
/** For dates and numbers: the language as it is written where the person lives, `en-GB` rather than `en`. */
export const locale = computed<string>(
  () => navigator.languages.find((tag) => tag.split('-')[0] === language.value) ?? language.value,
);
/** The texts of the chosen language: `t.nav.overview` in a template, `t.value.nav.overview` in a script. */
export const t = shallowRef<Texts>(en);

export async function chooseLanguage(chosen: Language): Promise<void> {
  t.value = await LOADERS[chosen]();
  language.value = chosen;
  store('language', chosen);
}

/** The language chosen before, else the first of the browser's that there is. */
export function preferredLanguage(): Language {
  const isKnown = (name: string): name is Language => name in LANGUAGES;
  const wanted = [stored('language') ?? '', ...navigator.languages.map((tag) => tag.slice(0, 2))];
  return wanted.find(isKnown) ?? 'en';
}

if (typeof document !== 'undefined') watchEffect(() => (document.documentElement.lang = language.value));
