import type { Texts } from './index.js';
import { plurals } from './plural.js';
import { errors } from './ru/errors.js';
import { history } from './ru/history.js';
import { overview } from './ru/overview.js';
import { restore } from './ru/restore.js';
import { settings } from './ru/settings.js';
import { compare, snapshot, snapshots } from './ru/snapshots.js';
import { upkeep } from './ru/upkeep.js';

const many = plurals('ru');

export const ru: Texts = {
  product: 'Резервные копии',
  skipToContent: 'Перейти к содержанию',
  pageTitle: (page) => `${page} · Резервные копии`,

  nav: {
    label: 'Главное меню',
    overview: 'Обзор',
    snapshots: 'Снимки',
    jobs: 'Задания',
    settings: 'Настройки',
  },

  shell: {
    language: 'Язык',
    theme: 'Оформление',
    themes: { system: 'Как в системе', light: 'Светлое', dark: 'Тёмное' },
    account: 'Учётная запись',
    signOut: 'Выйти',
    more: 'Ещё',
    maintenance: 'Идёт восстановление. Страница продолжит работу сама, когда оно закончится.',
    indexing:
      'Составляется список снимков, начиная с новых. Создание копий и очистка ждут, пока в нём не окажутся все.',
    indexed: (indexed, total) => `${indexed} из ${total}`,
    backUpNow: 'Создать копию',
    backingUp: 'Создание копии началось.',
    health: (word) => `Состояние резервных копий: ${word}`,
    dismiss: 'Закрыть',
    notFound: 'Такой страницы нет',
    away: 'Эту страницу сейчас не показать',
    notFoundHint: 'Возможно, адрес введён с ошибкой или относится к старой версии.',
    toOverview: 'К обзору',
  },

  signIn: {
    title: 'Вход',
    intro: 'В резервных копиях лежат данные всех, поэтому нужна учётная запись с ролью admin.',
    email: 'Адрес электронной почты',
    password: 'Пароль',
    submit: 'Войти',
    showPassword: 'Показать пароль',
    hidePassword: 'Скрыть пароль',
    expired: 'Сеанс закончился. Войдите снова, и вы продолжите с того же места.',
    forbidden: 'Эта учётная запись больше не администратор. Войдите с другой.',
    wrong: 'Адрес и пароль не подходят ни к одной учётной записи. Проверьте их и попробуйте ещё раз.',
    notAdmin: 'У этой учётной записи нет роли admin. Войдите с той, у которой она есть.',
    tooMany: 'Слишком много попыток. Подождите минуту и попробуйте ещё раз.',
    waiting: 'Идёт восстановление. Вход произойдёт, как только оно закончится.',
  },

  hostSignIn: {
    intro: 'Войдите в приложение с учётной записью, которой видны резервные копии; оно вернёт вас сюда.',
    elsewhere: 'Войдите в приложение с учётной записью, которой видны резервные копии, и попробуйте ещё раз.',
    forbiddenTitle: 'Эти резервные копии вам не видны',
    forbidden: 'Приложение не показывает этой учётной записи резервные копии.',
    otherAccount: 'Войти с другой учётной записью',
  },

  errors,

  common: {
    cancel: 'Отмена',
    close: 'Закрыть',
    save: 'Сохранить',
    loading: 'Загрузка …',
    never: 'никогда',
    copy: 'Скопировать',
    copied: 'Скопировано',
    rows: (count) => many(count, { one: 'строка', few: 'строки', other: 'строк' }),
    tables: (count) => many(count, { one: 'таблица', few: 'таблицы', other: 'таблиц' }),
    snapshots: (count) => many(count, { one: 'снимок', few: 'снимка', other: 'снимков' }),
    typeToConfirm: 'Для подтверждения введите или вставьте:',
    typedMismatch: 'Пока не совпадает.',
  },

  health: {
    healthy: 'В порядке',
    caution: 'Внимание',
    warning: 'Предупреждение',
    critical: 'Критично',
  },

  pages: {
    label: 'Страницы',
    shown: (first, last, all) => `${first}–${last} из ${all}`,
    current: (page, pages) => `${page} из ${pages}`,
    first: 'Первая страница',
    previous: 'Предыдущая страница',
    next: 'Следующая страница',
    last: 'Последняя страница',
  },

  jobs: {
    type: { capture: 'Копирование', restore: 'Восстановление', verify: 'Проверка', cleanup: 'Очистка' },
    status: {
      pending: 'Ожидает',
      running: 'Выполняется',
      completed: 'Завершено',
      failed: 'Сбой',
      cancelled: 'Отменено',
    },
    running: (type) => `${type}: выполняется`,
    waiting: (type) => `${type}: ожидает`,
    finished: {
      completed: (type) => `${type}: завершено`,
      failed: (type, reason) => `${type}: сбой. ${reason}`,
      cancelled: (type) => `${type}: отменено`,
    },
    stages: {
      verify: 'Проверка снимка',
      safety_snapshot: 'Создание страховочного снимка',
      restore: 'Восстановление',
      check: 'Проверка результата',
      done: 'Готово',
      rolled_back: 'Отменено, данные прежние',
      'waiting for the index': 'Ожидает, пока не составлен список снимков',
    },
  },

  overview,
  snapshots,
  snapshot,
  compare,
  restore,
  history,
  upkeep,
  settings,
};
