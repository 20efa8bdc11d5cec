import type { Texts } from '../index.js';
import { plurals } from '../plural.js';

const many = plurals('ru');
const snapshots = (count: number) => many(count, { one: 'снимок', few: 'снимка', other: 'снимков' });

export const upkeep: Texts['upkeep'] = {
  backUp: {
    title: 'Создать копию',
    description: 'Описание',
    descriptionHint: 'Для чего? По этому её потом найти, например: перед миграцией.',
    plan: 'План',
    planHint: 'Что сохраняется.',
    all: 'Все планы',
    full: 'Полный снимок',
    fullHint:
      'Не зависит от других. Иначе в нём может быть только изменившееся за день; восстанавливаются оба одинаково.',
    start: 'Создать',
    details: 'Ход в заданиях',
  },
  cleanUp: {
    open: 'Очистить …',
    title: 'Очистка',
    intro: 'Вот что произошло бы сейчас по правилам из настроек. Пока ничего не изменено.',
    nothing: 'Очищать нечего.',
    archived: (count) => `${snapshots(count)} будет перенесено в архив своего дня`,
    deleted: (count) => `${snapshots(count)} будет удалено навсегда`,
    freed: (size) => `освободится около ${size}`,
    heldBack: (count) =>
      `По часам пора удалить ещё ${snapshots(count)}, но они оставлены: часы ушли вперёд, и никто не подтвердил, что они верны. Если они неверны, исправьте их.`,
    confirmClock: 'Часы верны: удалить и их',
    stays: (count) => `Останется: ${snapshots(count)}`,
    why: 'Почему они остаются',
    reasons: {
      within_retention: 'ещё не вышел срок',
      dated_ahead: 'дата в будущем',
      pinned: 'закреплены',
      newest: 'среди самых новых, их не удаляет ни одно правило',
      base_of: 'на них построены другие',
      part_of: 'часть снимка, который остаётся',
    },
    several: 'Причин у снимка может быть несколько.',
    start: 'Очистить сейчас',
    running: 'Идёт очистка …',
    done: (archived, deleted, freed) => `Очистка: в архив ${archived}, удалено ${deleted}, освобождено ${freed}.`,
  },
};
