// A school whose backups have been running for a month: what the pictures show. Everything in it was really captured; only the clock is made up.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';

export const ADMIN = { email: 'maria.keller@school.example', password: 'nothing to protect here' };

const DAYS = 33;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const HOURS = [0, 6, 10, 14, 18];
/** Taken today, a few minutes apart, as the timer does. */
const TODAY = 18;
const TICK_MS = 600_000;

const PEOPLE = [
  ['instructor', 'Jonas Weber'],
  ['instructor', 'Aylin Demir'],
  ['student', 'Lena Fischer'],
  ['student', 'Tom Becker'],
  ['student', 'Sofia Romano'],
  ['student', 'Noah Lindqvist'],
  ['student', 'Mila Horvat'],
  ['instructor', 'Peter Novak'],
  ['student', 'Emma Dubois'],
  ['student', 'Oskar Nowak'],
  ['student', 'Ida Sørensen'],
  ['student', 'Lucas Moreau'],
];

/** Fills an empty folder. Leaves nothing running. */
export async function runSchool(folder) {
  const school = await School.open(folder);
  try {
    await school.live();
  } finally {
    await school.close();
  }
}

export function environmentIn(folder) {
  return {
    PORT: '0',
    NO_COLOR: '1',
    JWT_SECRET: 'the same for both parts of the story',
    DATABASE_URL: `sqlite:${join(folder, 'data', 'school.sqlite')}`,
    BACKUP_DIR: join(folder, 'backups'),
    BACKUP_CONFIG_FILE: join(folder, 'backup_config.json'),
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
  };
}

class School {
  #people = [...PEOPLE];
  #random = randomFrom(7);

  static async open(folder) {
    await mkdir(join(folder, 'data'), { recursive: true });
    Object.assign(process.env, environmentIn(folder), { BACKUP_TRIGGERS: 'off' });
    const { NestFactory } = await import('@nestjs/core');
    const { AppModule } = await import('../../dist/app.module.js');
    const { Clock } = await import('../../dist/backup/system/clock.js');
    const backup = await import('../../dist/backup/internals.js');
    const { UsersService } = await import('../../dist/users/users.service.js');
    const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
    return new School(app, join(folder, 'data', 'school.sqlite'), {
      clock: app.get(Clock, { strict: false }),
      captures: app.get(backup.CaptureOperation, { strict: false }),
      catalog: app.get(backup.Catalog, { strict: false }),
      verifying: app.get(backup.VerifyOperation, { strict: false }),
      queue: app.get(backup.JobQueue, { strict: false }),
      cleanup: app.get(backup.CleanupOperation, { strict: false }),
      users: app.get(UsersService, { strict: false }),
    });
  }

  constructor(app, database, services) {
    this.app = app;
    this.database = new Database(database);
    Object.assign(this, services);
  }

  async live() {
    this.#enrol();
    const today = Date.now() - TODAY * TICK_MS;
    for (let day = DAYS; day > 0; day--) {
      const midnight = Math.floor((today - day * DAY_MS) / DAY_MS) * DAY_MS;
      for (const hour of HOURS) {
        this.#at(midnight + hour * HOUR_MS);
        this.#lesson();
        await this.#capture({ type: 'scheduled' });
      }
      if (day % 3 === 0) await this.#newcomer(midnight + 11 * HOUR_MS);
      if (day === 9) await this.#capture({ type: 'manual' }, 'Before moving to the new timetable');
      await this.cleanup.run(null);
    }
    for (let tick = 0; tick < TODAY; tick++) {
      this.#at(today + tick * TICK_MS);
      if (tick % 4 < 2) this.#lesson();
      const id = await this.#capture({ type: 'scheduled' });
      if (tick % 3 === 0) await this.verifying.verify(id, null);
      if (tick === TODAY - 3) await this.#newcomer(today + tick * TICK_MS + 90_000);
    }
    const reports = await this.#capture({ type: 'manual' }, 'Before the reports are printed');
    await this.catalog.annotate(reports, { pinned: true });
  }

  async close() {
    this.database.close();
    await this.app.close();
  }

  #at(time) {
    const begun = Date.now();
    this.clock.now = () => new Date(time + Date.now() - begun);
  }

  async #capture(trigger, description = null) {
    const { id } = await this.captures.request({ trigger, description, requestedBy: description && ADMIN.email });
    return (await this.queue.whenFinished(id)).snapshot_id;
  }

  async #newcomer(time) {
    const person = this.#people.shift();
    if (!person) return;
    this.#at(time);
    const [role, name] = person;
    const email = `${name.toLowerCase().replace('ø', 'o').replace(' ', '.')}@school.example`;
    const { id } = await this.users.create({ email, name, password: ADMIN.password }, role);
    await this.#capture({ type: 'event', event: 'role.created', subjects: [{ role, user_id: id }] });
  }

  /** The school's own tables. */
  #enrol() {
    this.database.exec(`
      CREATE TABLE courses (id INTEGER PRIMARY KEY, title TEXT NOT NULL, room TEXT NOT NULL);
      CREATE TABLE lessons (id INTEGER PRIMARY KEY, course_id INTEGER NOT NULL REFERENCES courses (id), held_at TEXT NOT NULL);
      CREATE TABLE attendance (
        id INTEGER PRIMARY KEY, lesson_id INTEGER NOT NULL REFERENCES lessons (id), seat INTEGER NOT NULL, remark TEXT
      );
    `);
    const titles = ['Algebra', 'Biology', 'Chemistry', 'French', 'Geography', 'History', 'Music', 'Physics', 'Spanish'];
    const add = this.database.prepare('INSERT INTO courses (title, room) VALUES (?, ?)');
    titles.forEach((title, index) => add.run(title, `${1 + (index % 3)}.${10 + index}`));
    for (let lesson = 0; lesson < 400; lesson++) this.#lesson(Date.now() - (DAYS + 200) * DAY_MS + lesson * HOUR_MS);
  }

  #lesson(time = this.clock.now().getTime()) {
    const course = 1 + Math.floor(this.#random() * 9);
    const { lastInsertRowid } = this.database
      .prepare('INSERT INTO lessons (course_id, held_at) VALUES (?, ?)')
      .run(course, new Date(time).toISOString());
    const attend = this.database.prepare('INSERT INTO attendance (lesson_id, seat, remark) VALUES (?, ?, ?)');
    for (let seat = 1; seat <= 24; seat++) {
      const chance = this.#random();
      if (chance > 0.06) attend.run(lastInsertRowid, seat, chance > 0.95 ? 'came late' : null);
    }
  }
}

/** The same story every time. */
function randomFrom(seed) {
  let state = seed;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
}
