import type { ErrorBody, Job } from '../api/types.js';
import { language, t, type Texts } from '../texts/index.js';

/** What is known of an error of the API, or of a job. */
export interface ShownError {
  code: string;
  /** In the server's own words, with what its clients can do. */
  message: string;
  details?: Partial<Pick<ErrorBody, 'problem' | 'advice'>>;
}

/** What the server writes in. */
const OF_THE_SERVER = 'en';

/** Why a job failed. */
export const errorOfJob = ({ error }: Pick<Job, 'error'>): ShownError => ({
  code: error?.error_code ?? '',
  message: error?.message ?? '',
  details: error ?? {},
});

/** An error in the words of the page. */
export function worded({ code, message, details = {} }: ShownError, texts: Texts['errors']) {
  return {
    /** What is wrong. */
    sentence: lookUp(texts.codes, code) ?? texts.title,
    /** What the server says of it, without what can be done. */
    detail: details.problem ?? message,
    /** What can be done. */
    todo: (details.advice ?? []).map((key) => lookUp(texts.advice, key)).filter((text) => text !== undefined),
    hint: lookUp(texts.hints, code),
  };
}

/** An error on one line: in the server's words for who reads them, they say more. */
export function briefly(error: ShownError): string {
  const { sentence, detail } = worded(error, t.value.errors);
  const isKnown = Object.hasOwn(t.value.errors.codes, error.code);
  return language.value === OF_THE_SERVER || !isKnown ? detail : `${sentence}.`;
}

/** A server of a later version may name what this page does not know. */
const lookUp = (texts: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(texts, name) ? texts[name] : undefined;
