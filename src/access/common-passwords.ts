import { dictionary } from '@zxcvbn-ts/language-common';
import { PASSWORD_LENGTH } from './credentials.js';

/** Shorter ones are refused anyway. */
const COMMON: ReadonlySet<string> = new Set(
  dictionary['passwords-common'].filter(({ length }) => length >= PASSWORD_LENGTH.min),
);

/** Whether it is one of the first that are tried when guessing, in whatever case. */
export const isCommonPassword = (password: string): boolean => COMMON.has(password.trim().toLowerCase());
