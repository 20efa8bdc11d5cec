import { afterEach, describe, expect, it } from 'vitest';
import { en } from '../texts/en.js';
import { language, t } from '../texts/index.js';
import { ru } from '../texts/ru.js';
import { briefly, errorOfJob, worded } from './error-words.js';

const refused = {
  code: 'SCHEMA_MISMATCH',
  message: 'The schema has changed. Nothing was changed. Send "allow_schema_changes": true.',
  details: { problem: 'The schema has changed. Nothing was changed.', advice: ['allow_schema_changes' as const] },
};

describe('an error in the words of the page', () => {
  afterEach(() => {
    t.value = en;
    language.value = 'en';
  });

  it('says what is wrong and what can be done here, and what the server says without what its clients send', () => {
    expect(worded(refused, ru.errors)).toEqual({
      sentence: 'После снимка таблицы изменили вид',
      detail: 'The schema has changed. Nothing was changed.',
      todo: ['Верните таблицам прежний вид или выберите «Восстановить то, что подходит».'],
      hint: undefined,
    });
  });

  it('leaves what it does not know to the server', () => {
    const later = { code: 'OF_A_LATER_VERSION', message: 'So it is.', details: { advice: ['more' as never] } };
    expect(worded(later, ru.errors)).toEqual({
      sentence: ru.errors.title,
      detail: 'So it is.',
      todo: [],
      hint: undefined,
    });
    expect(worded({ code: 'toString', message: '' }, en.errors).sentence).toBe(en.errors.title);
    t.value = ru;
    language.value = 'ru';
    expect(briefly(later)).toBe('So it is.');
  });

  it('is on one line in the language of who reads it', () => {
    expect(briefly(refused)).toBe('The schema has changed. Nothing was changed.');
    t.value = ru;
    language.value = 'ru';
    expect(briefly(refused)).toBe('После снимка таблицы изменили вид.');
  });

  it('of a job is the one of its record', () => {
    const error = {
      error_code: 'DISK_FULL' as const,
      message: 'The disk is full. Free some.',
      problem: 'The disk is full.',
    };
    expect(worded(errorOfJob({ error }), en.errors)).toMatchObject({
      detail: 'The disk is full.',
      hint: en.errors.hints['DISK_FULL'],
    });
  });
});
