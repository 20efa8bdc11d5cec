import { createVuetify } from 'vuetify';
import { aliases, mdi } from 'vuetify/iconsets/mdi-svg';
import { en, ru } from 'vuetify/locale';
import { stored, store } from './preferences.js';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

export function preferredTheme(): Theme {
  return THEMES.find((theme) => theme === stored('theme')) ?? 'system';
}

export const rememberTheme = (theme: Theme): void => store('theme', theme);

/** The server gives the page a nonce for the style element that Vuetify makes of the theme. */
const cspNonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

export const vuetify = createVuetify({
  icons: { defaultSet: 'mdi', aliases, sets: { mdi } },
  locale: { locale: 'en', fallback: 'en', messages: { en, ru } },
  theme: {
    cspNonce,
    defaultTheme: preferredTheme(),
    themes: {
      light: {
        dark: false,
        colors: {
          background: '#F5F6F8',
          surface: '#FFFFFF',
          'surface-light': '#EEF0F4',
          'surface-variant': '#3B4250',
          'on-surface-variant': '#F2F4F8',
          primary: '#2F55CC',
          secondary: '#4A5468',
          success: '#187A47',
          warning: '#8F5600',
          error: '#B3261E',
          info: '#1B66A8',
        },
        variables: { 'medium-emphasis-opacity': 0.7, 'border-opacity': 0.11 },
      },
      dark: {
        dark: true,
        colors: {
          background: '#0F1217',
          surface: '#181C23',
          'surface-light': '#222832',
          'surface-variant': '#D5DAE4',
          'on-surface-variant': '#181C23',
          primary: '#9DB5FF',
          secondary: '#B4BDCF',
          success: '#62D295',
          warning: '#F0B55E',
          error: '#FF8F86',
          info: '#7CC0F5',
        },
        variables: { 'medium-emphasis-opacity': 0.72, 'border-opacity': 0.14 },
      },
    },
  },
  defaults: {
    VBtn: { variant: 'text', rounded: 'lg' },
    VCard: { variant: 'flat', rounded: 'xl' },
    VTextField: { variant: 'outlined', density: 'comfortable', color: 'primary' },
    VTextarea: { variant: 'outlined', density: 'comfortable', color: 'primary' },
    VSelect: { variant: 'outlined', density: 'comfortable', color: 'primary' },
    VAutocomplete: { variant: 'outlined', density: 'comfortable', color: 'primary' },
    VCombobox: { variant: 'outlined', density: 'comfortable', color: 'primary' },
    VCheckbox: { color: 'primary' },
    VSwitch: { color: 'primary', inset: true },
    VProgressLinear: { color: 'primary', rounded: true },
  },
});
