import { Buffer } from 'node:buffer';

const HOUR = 3_600_000;
const FIRST_NAMES =
  'Anna Ben Clara David Elif Finn Greta Hugo Ida Jonas Katya Liam Mia Noah Olga Paul Rosa Sam Tara Yusuf'.split(' ');
const LAST_NAMES =
  'Adler Bauer Costa Demir Evans Fischer Garcia Hansen Ivanova Jensen Koch Lopez Müller Novak Okafor Petit'.split(' ');
const TAGS = ['beginner', 'advanced', 'online', 'evening', 'exam', 'group', 'trial', 'intensive'];
const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Safari/605.1',
  'okhttp/4.12',
];

const time = (ms) => new Date(ms).toISOString();
const sqlTime = (ms) => time(ms).slice(0, 19).replace('T', ' ');
const nullable = (random, probability, value) => (random.chance(probability) ? null : value());

/**
 * A school's database. `rows` at scale 1 make 200,000; `row` gives the values in the order of the columns, where `ref(table)` is the id of some row of
 * a table before it. `inserts`, `updates` and `deletes` weigh how often a tick does so. Tables that others refer to lose no rows.
 */
export const TABLES = [
  {
    // The host's own accounts table, so that the real program runs on the workload. No admins: the program adds its own.
    name: 'users',
    rows: 12_000,
    columns: `"id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "email" varchar NOT NULL UNIQUE, "name" varchar NOT NULL,
      "role" varchar NOT NULL CHECK ("role" IN ('student', 'instructor', 'admin')), "password_hash" varchar NOT NULL, "created_at" datetime NOT NULL`,
    row: (random, id, now) => {
      const [first, last] = [random.pick(FIRST_NAMES), random.pick(LAST_NAMES)];
      const role = random.chance(0.05) ? 'instructor' : 'student';
      const hash = `$argon2id$v=19$m=19456,t=2,p=1$${random.token(22)}$${random.token(43)}`;
      return [id, `${first}.${last}.${id}@example.com`.toLowerCase(), `${first} ${last}`, role, hash, time(now)];
    },
    inserts: 2,
    updates: {
      weight: 3,
      set: 'name = ?',
      values: (random) => [`${random.pick(FIRST_NAMES)} ${random.pick(LAST_NAMES)}`],
    },
  },
  {
    name: 'schools',
    rows: 40,
    columns:
      'id INTEGER PRIMARY KEY, name TEXT NOT NULL, street TEXT, city TEXT, latitude REAL, longitude REAL, opened_on TEXT',
    row: (random, id, now) => [
      id,
      `School ${id}`,
      random.words(2, 3),
      random.pick(LAST_NAMES),
      47 + random.fraction() * 8,
      6 + random.fraction() * 9,
      time(now).slice(0, 10),
    ],
  },
  {
    name: 'rooms',
    rows: 400,
    columns:
      'id INTEGER PRIMARY KEY, school_id INTEGER NOT NULL REFERENCES schools(id), name TEXT NOT NULL, seats INTEGER, has_piano BOOLEAN NOT NULL',
    row: (random, id, _now, ref) => [
      id,
      ref('schools'),
      `Room ${id}`,
      random.between(2, 40),
      Number(random.chance(0.3)),
    ],
  },
  {
    name: 'subjects',
    rows: 60,
    columns: 'id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, name TEXT NOT NULL, description TEXT',
    row: (random, id) => [id, `S${String(id).padStart(5, '0')}`, random.words(1, 3), random.words(10, 30)],
  },
  {
    name: 'courses',
    rows: 1_500,
    columns: `id INTEGER PRIMARY KEY AUTOINCREMENT, subject_id INTEGER NOT NULL REFERENCES subjects(id), instructor_id INTEGER NOT NULL REFERENCES users(id),
      title TEXT NOT NULL, syllabus TEXT, price DECIMAL(10, 2) NOT NULL, starts_at DATETIME, ends_at DATETIME, settings JSON`,
    row: (random, id, now, ref) => [
      id,
      ref('subjects'),
      ref('users'),
      random.words(3, 7),
      random.words(30, 80),
      random.between(1000, 90_000) / 100,
      time(now),
      time(now + 2000 * HOUR),
      JSON.stringify({
        max_students: random.between(1, 25),
        language: random.pick(['de', 'en', 'fr']),
        online: random.chance(0.4),
        color: `#${random.token(6)}`,
      }),
    ],
    updates: { weight: 1, set: 'price = ?', values: (random) => [random.between(1000, 90_000) / 100] },
  },
  {
    name: 'course_tags',
    rows: 2_000,
    columns: 'course_id INTEGER NOT NULL REFERENCES courses(id), tag TEXT NOT NULL, PRIMARY KEY (course_id, tag)',
    withoutRowid: true,
    row: (_random, id, _now, _ref, last) => [
      ((id - 1) % last('courses')) + 1,
      TAGS[Math.floor((id - 1) / last('courses')) % TAGS.length],
    ],
  },
  {
    name: 'enrolments',
    rows: 18_000,
    columns: `id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL REFERENCES users(id), course_id INTEGER NOT NULL REFERENCES courses(id),
      status TEXT NOT NULL, note TEXT, enrolled_at DATETIME NOT NULL, left_at DATETIME`,
    indexes: ['user_id', 'course_id, status'],
    row: (random, id, now, ref) => [
      id,
      ref('users'),
      ref('courses'),
      random.pick(['active', 'paused', 'finished']),
      nullable(random, 0.7, () => random.words(5, 15)),
      time(now),
      nullable(random, 0.8, () => time(now + 900 * HOUR)),
    ],
    inserts: 3,
    updates: { weight: 6, set: 'status = ?', values: (random) => [random.pick(['active', 'paused', 'finished'])] },
  },
  {
    name: 'lessons',
    rows: 20_000,
    columns: `id INTEGER PRIMARY KEY AUTOINCREMENT, course_id INTEGER NOT NULL REFERENCES courses(id), room_id INTEGER REFERENCES rooms(id),
      starts_at DATETIME NOT NULL, minutes INTEGER NOT NULL, topic TEXT, notes TEXT, cancelled BOOLEAN NOT NULL DEFAULT 0, updated_at DATETIME NOT NULL`,
    indexes: ['course_id', 'starts_at'],
    row: (random, id, now, ref) => [
      id,
      ref('courses'),
      nullable(random, 0.3, () => ref('rooms')),
      sqlTime(now),
      random.pick([30, 45, 60, 90]),
      random.words(2, 8),
      nullable(random, 0.4, () => random.words(10, 45)),
      Number(random.chance(0.05)),
      time(now),
    ],
    inserts: 4,
    updates: {
      weight: 20,
      set: 'notes = ?, updated_at = ?',
      values: (random, now) => [random.words(10, 45), time(now)],
    },
  },
  {
    name: 'attendance',
    rows: 48_000,
    columns: `id INTEGER PRIMARY KEY AUTOINCREMENT, lesson_id INTEGER NOT NULL REFERENCES lessons(id), user_id INTEGER NOT NULL REFERENCES users(id),
      status TEXT NOT NULL, minutes_late INTEGER, remark TEXT, recorded_at DATETIME NOT NULL`,
    indexes: ['lesson_id', 'user_id, recorded_at'],
    row: (random, id, now, ref) => [
      id,
      ref('lessons'),
      ref('users'),
      random.pick(['present', 'present', 'present', 'absent', 'late']),
      nullable(random, 0.8, () => random.between(1, 30)),
      nullable(random, 0.7, () => random.words(3, 12)),
      time(now),
    ],
    inserts: 30,
    updates: {
      weight: 20,
      set: 'status = ?, minutes_late = ?',
      values: (random) => [random.pick(['present', 'absent', 'late']), random.between(0, 30)],
    },
  },
  {
    name: 'assignments',
    rows: 5_000,
    columns:
      'id INTEGER PRIMARY KEY AUTOINCREMENT, course_id INTEGER NOT NULL REFERENCES courses(id), title TEXT NOT NULL, body TEXT NOT NULL, points REAL, due_at DATETIME',
    indexes: ['course_id'],
    row: (random, id, now, ref) => [
      id,
      ref('courses'),
      random.words(2, 6),
      random.words(20, 80),
      random.between(1, 200) / 2,
      time(now + 200 * HOUR),
    ],
    inserts: 1,
    updates: { weight: 2, set: 'due_at = ?', values: (random, now) => [time(now + random.between(1, 500) * HOUR)] },
  },
  {
    name: 'submissions',
    rows: 20_000,
    columns: `id INTEGER PRIMARY KEY AUTOINCREMENT, assignment_id INTEGER NOT NULL REFERENCES assignments(id), user_id INTEGER NOT NULL REFERENCES users(id),
      body TEXT, checksum TEXT, submitted_at DATETIME, updated_at DATETIME NOT NULL`,
    indexes: ['assignment_id', 'user_id'],
    row: (random, id, now, ref) => [
      id,
      ref('assignments'),
      ref('users'),
      random.words(25, 95),
      random.token(64),
      nullable(random, 0.1, () => time(now)),
      time(now),
    ],
    inserts: 10,
    updates: {
      weight: 18,
      set: 'body = ?, updated_at = ?',
      values: (random, now) => [random.words(25, 95), time(now)],
    },
  },
  {
    name: 'grades',
    rows: 17_000,
    columns: `id INTEGER PRIMARY KEY AUTOINCREMENT, submission_id INTEGER NOT NULL REFERENCES submissions(id), points REAL NOT NULL, weight REAL NOT NULL,
      comment TEXT, rubric JSON, graded_at DATETIME NOT NULL`,
    indexes: ['submission_id'],
    row: (random, id, now, ref) => [
      id,
      ref('submissions'),
      random.between(0, 200) / 2,
      random.fraction(),
      nullable(random, 0.5, () => random.words(5, 25)),
      JSON.stringify({
        content: random.between(1, 6),
        form: random.between(1, 6),
        bonus: nullable(random, 0.9, () => random.between(1, 3)),
      }),
      time(now),
    ],
    inserts: 8,
    updates: {
      weight: 6,
      set: 'points = ?, graded_at = ?',
      values: (random, now) => [random.between(0, 200) / 2, time(now)],
    },
  },
  {
    name: 'invoices',
    rows: 8_000,
    columns: `id INTEGER PRIMARY KEY AUTOINCREMENT, number TEXT NOT NULL UNIQUE, user_id INTEGER NOT NULL REFERENCES users(id), cents BIGINT NOT NULL,
      currency CHAR(3) NOT NULL, lines JSON NOT NULL, due_on DATE NOT NULL, created_at DATETIME NOT NULL`,
    indexes: ['user_id'],
    row: (random, id, now, ref) => {
      const lines = Array.from({ length: random.between(1, 4) }, () => ({
        text: random.words(2, 5),
        cents: random.between(500, 20_000),
        quantity: random.between(1, 8),
      }));
      const cents = lines.reduce((sum, line) => sum + line.cents * line.quantity, 0);
      return [
        id,
        `2026-${String(id).padStart(8, '0')}`,
        ref('users'),
        cents,
        random.pick(['EUR', 'CHF']),
        JSON.stringify(lines),
        time(now + 720 * HOUR).slice(0, 10),
        time(now),
      ];
    },
    inserts: 2,
  },
  {
    name: 'payments',
    rows: 10_000,
    columns: `id INTEGER PRIMARY KEY AUTOINCREMENT, invoice_id INTEGER NOT NULL REFERENCES invoices(id), amount DECIMAL(12, 2) NOT NULL, provider TEXT NOT NULL,
      provider_ref TEXT UNIQUE, sequence_number BIGINT NOT NULL, status TEXT NOT NULL, response JSON, paid_at DATETIME`,
    indexes: ['invoice_id', 'status, paid_at'],
    row: (random, id, now, ref) => [
      id,
      ref('invoices'),
      random.between(100, 2_000_000) / 100,
      random.pick(['card', 'sepa', 'cash']),
      `${random.token(24)}${id}`,
      2n ** 60n + BigInt(random.next()),
      random.pick(['paid', 'paid', 'paid', 'failed', 'open']),
      JSON.stringify({
        request_id: random.token(32),
        risk: random.fraction(),
        country: random.pick(['DE', 'AT', 'CH']),
        retries: random.below(3),
      }),
      nullable(random, 0.2, () => time(now)),
    ],
    inserts: 3,
    updates: {
      weight: 5,
      set: 'status = ?, paid_at = ?',
      values: (random, now) => [random.pick(['paid', 'failed']), time(now)],
    },
  },
  {
    name: 'messages',
    rows: 14_000,
    columns: `id INTEGER PRIMARY KEY AUTOINCREMENT, sender_id INTEGER NOT NULL REFERENCES users(id), recipient_id INTEGER NOT NULL REFERENCES users(id),
      subject TEXT, body TEXT NOT NULL, sent_at DATETIME NOT NULL, read_at DATETIME`,
    indexes: ['recipient_id, sent_at'],
    row: (random, id, now, ref) => [
      id,
      ref('users'),
      ref('users'),
      random.words(2, 8),
      `"Hi!"\n\n${random.words(15, 60)}\n\n${random.words(10, 30)}\n`,
      time(now),
      nullable(random, 0.3, () => time(now + HOUR)),
    ],
    inserts: 10,
    updates: { weight: 8, set: 'read_at = ?', values: (_random, now) => [time(now)] },
    deletes: 2,
  },
  {
    name: 'notifications',
    rows: 12_000,
    columns: `id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL REFERENCES users(id), kind TEXT NOT NULL, payload JSON NOT NULL,
      created_at DATETIME NOT NULL, seen_at DATETIME`,
    indexes: ['user_id, seen_at'],
    row: (random, id, now, ref) => [
      id,
      ref('users'),
      random.pick(['lesson.moved', 'grade.given', 'invoice.due']),
      JSON.stringify({ title: random.words(3, 6), text: random.words(6, 20), link: `/app/${random.token(12)}` }),
      time(now),
      nullable(random, 0.4, () => time(now + HOUR)),
    ],
    inserts: 14,
    updates: { weight: 10, set: 'seen_at = ?', values: (_random, now) => [time(now)] },
    deletes: 6,
  },
  {
    name: 'sessions',
    rows: 3_000,
    columns:
      'id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users(id), token TEXT NOT NULL UNIQUE, agent TEXT, ip TEXT, expires_at INTEGER NOT NULL',
    row: (random, id, now, ref) => [
      id,
      ref('users'),
      random.token(64),
      random.pick(AGENTS),
      `10.${random.below(256)}.${random.below(256)}.${random.below(256)}`,
      now + 24 * HOUR,
    ],
    inserts: 5,
    updates: { weight: 1, set: 'expires_at = ?', values: (_random, now) => [now + 24 * HOUR] },
    deletes: 5,
  },
  {
    name: 'audit_events',
    rows: 8_000,
    columns: `id INTEGER PRIMARY KEY AUTOINCREMENT, actor_id INTEGER REFERENCES users(id), action TEXT NOT NULL, detail JSON, duration REAL, at DATETIME NOT NULL`,
    indexes: ['at'],
    row: (random, id, now, ref) => [
      id,
      nullable(random, 0.1, () => ref('users')),
      random.pick(['login', 'update', 'export', 'delete']),
      JSON.stringify({
        request: random.token(26),
        path: `/api/${random.token(8)}/${random.below(100_000)}`,
        changed: random.words(3, 9).split(' '),
      }),
      random.fraction() * 1000,
      time(now),
    ],
    inserts: 8,
  },
  {
    name: 'files',
    rows: 800,
    columns:
      'id INTEGER PRIMARY KEY, owner_id INTEGER NOT NULL REFERENCES users(id), name TEXT NOT NULL, media_type TEXT, thumbnail BLOB, sha256 BLOB NOT NULL',
    row: (random, id, _now, ref) => [
      id,
      ref('users'),
      `${random.words(1, 3)}.pdf`,
      'application/pdf',
      nullable(random, 0.1, () => random.bytes(Buffer.alloc(random.between(500, 1800)))),
      random.bytes(Buffer.alloc(32)),
    ],
    inserts: 1,
  },
  {
    name: 'settings',
    rows: 200,
    columns: '"key" TEXT PRIMARY KEY, "value" TEXT, changed_at DATETIME',
    row: (random, id, now) => [
      `setting.${String(id).padStart(6, '0')}`,
      nullable(random, 0.2, () => random.words(1, 12)),
      time(now),
    ],
  },
];
