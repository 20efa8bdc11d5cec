import type { Texts } from '../index.js';
import { plurals } from '../plural.js';

const many = plurals('ru');

export const history: Texts['history'] = {
  title: 'Задания',
  intro: 'Всё, что выполнялось, кто об этом попросил и чем кончилось.',
  count: (count) => many(count, { one: 'задание', few: 'задания', other: 'заданий' }),
  type: 'Тип',
  status: 'Состояние',
  clear: 'Сбросить фильтры',
  none: 'Под эти фильтры не подходит ни одно задание',
  noneAtAll: 'Пока ничего не выполнялось',
  noneAtAllHint: 'Здесь появятся копирования, восстановления, проверки и очистки.',
  beyond: 'Эта страница дальше последней',
  askedBy: (who) => `по просьбе ${who}`,
  after: (event) => `после события ${event}`,
  by: {
    scheduled: 'по расписанию',
    manual: 'по запросу',
    event: 'для новой учётной записи или роли',
    safety: 'перед восстановлением',
    startup: 'при запуске программы',
    cli: 'из командной строки',
    nobody: 'само по себе',
  },
  took: (time) => `заняло ${time}`,
  waited: (time) => `ждало ${time}`,
  snapshot: 'Снимок',
  safetySnapshot: 'Страховочный снимок',
  details: 'Подробности',
  showRestore: 'Показать восстановление',
  result: {
    stored: (size) => `сохранено ${size}`,
    sound: 'Снимок цел.',
    damaged: 'Снимок повреждён.',
    cleaned: (archived, deleted, freed) => `в архив: ${archived}, удалено: ${deleted}, освобождено: ${freed}`,
    restored: (rows, tables) =>
      `восстановлено: ${many(rows, { one: 'строка', few: 'строки', other: 'строк' })}, ${many(tables, { one: 'таблица', few: 'таблицы', other: 'таблиц' })}`,
    noSafety: 'Без страховочного снимка',
  },
  id: 'Идентификатор задания',
  created: 'Запрошено',
  started: 'Начато',
  finished: 'Закончено',
  cancel: 'Остановить …',
  cancelAsk: 'Остановить это задание? Сделанное будет отменено.',
  cancelYes: 'Остановить',
  cancelNo: 'Пусть выполняется',
};
