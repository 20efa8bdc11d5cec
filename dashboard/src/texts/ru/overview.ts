import type { Texts } from '../index.js';
import { plurals } from '../plural.js';

const many = plurals('ru');

export const overview: Texts['overview'] = {
  health: {
    healthy: 'С резервными копиями всё в порядке',
    caution: 'Взгляните на резервные копии',
    warning: 'Резервные копии требуют внимания',
    critical: 'Данные не защищены',
  },
  healthyHint: 'Новейший снимок каждого плана свежий, и ничто не говорит против него.',
  showDamaged: (count) =>
    `Показать ${many(count, { one: 'повреждённый снимок', few: 'повреждённых снимка', other: 'повреждённых снимков' })}`,
  checked: 'Проверено',
  lastBackup: 'Новейший снимок',
  noBackup: 'Пока нет',
  noBackupHint: 'Первую создаст кнопка «Создать копию» или ближайший запуск плана.',
  notKnownYet: 'Станет известно, когда в списке будут все снимки.',
  nextRun: 'Следующий запуск',
  noNextRun: 'Ни один план не включён',
  successRate: 'Доля успешных',
  successOf: (completed, all) => `${completed} из ${all} за 30 дней`,
  noRuns: 'За последние 30 дней ничего не запускалось',
  stored: 'Хранится',
  storedOf: (snapshots, archived) => `${snapshots}, из них в архивах: ${archived}`,
  freeDisk: 'Свободно на диске',
  freeOf: (total) => `из ${total}`,
  diskLow: 'Копирование не начнётся, если свободно меньше:',
  trend: 'Хранилище за 30 дней',
  trendHint: 'Что хранится за каждый день',
  trendEmpty: 'За последние 30 дней ничего не хранится.',
  trendDay: (day, size, count) => `${day}: ${size}, ${count}`,
  plans: 'Планы',
  plan: 'План',
  sources: { database: 'База данных', files: 'Файлы', full: 'База данных и файлы' },
  schedule: 'Периодичность',
  everyMinutes: (time) => time,
  next: 'Следующий',
  last: 'Последний',
  off: 'Выключен',
  running: 'Выполняется сейчас',
  progress: (done) => `Готово ${done}`,
  latest: 'Новейшие снимки',
  allSnapshots: 'Все снимки',
};
