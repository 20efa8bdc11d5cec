import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EventEmitter2, OnEvent } from '@nestjs/event-emitter';
import { JwtService } from '@nestjs/jwt';
import { Test } from '@nestjs/testing';
import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppModule } from '../../src/app.module.js';
import { ROLE_CREATED, type RoleCreatedEvent } from '../../src/access/role-created.event.js';
import { Environment, parseEnvironment } from '../../src/config/environment.js';
import { NewAccount } from '../../src/users/new-account.js';
import { ADMIN, startHostApp, type HostApp } from '../support/host-app.js';
import { until } from '../support/until.js';

const PASSWORD = 'a good password';

const error = (status_code: number, error_code: string) => ({ status_code, error_code, message: expect.any(String) });

describe('accounts', () => {
  let host: HostApp;
  let number = 0;

  beforeAll(async () => {
    host = await startHostApp();
  });
  afterAll(() => host.close());

  const newAccount = () => ({ email: `person${++number}@example.com`, password: PASSWORD, name: `Person ${number}` });
  const asAdmin = (path: string) => host.http.post(path).auth(host.adminToken, { type: 'bearer' });
  const me = (token: string) => host.http.get('/users/me').auth(token, { type: 'bearer' });
  const sql = (text: string, parameters: unknown[] = []) => host.app.get(DataSource).query(text, parameters);
  const register = async (): Promise<{ id: number; email: string; token: string }> => {
    const { body } = await host.http.post('/users').send(newAccount()).expect(201);
    return { id: body.id, email: body.email, token: await host.tokenOf(body.id) };
  };

  describe('opening an account', () => {
    it('makes a student of anybody, and never shows the password hash', async () => {
      const account = newAccount();
      const { body } = await host.http.post('/users').send(account).expect(201);
      expect(body).toEqual({ id: expect.any(Number), email: account.email, name: account.name, role: 'student' });
      const [row] = await sql('SELECT * FROM users WHERE id = ?', [body.id]);
      expect(row.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    });

    it('stores the address trimmed and in lower case, and knows it in any spelling', async () => {
      const { email, ...rest } = newAccount();
      const { body } = await host.http
        .post('/users')
        .send({ ...rest, email: ` ${email.toUpperCase()} ` })
        .expect(201);
      expect(body.email).toBe(email);
      const again = await host.http
        .post('/users')
        .send({ ...rest, email: email.toUpperCase() })
        .expect(409);
      expect(again.body).toEqual(error(409, 'EMAIL_TAKEN'));
    });

    it('lets exactly one of many simultaneous requests have an address', async () => {
      const account = newAccount();
      const answers = await Promise.all(Array.from({ length: 8 }, () => host.http.post('/users').send(account)));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(7).fill(409)]);
    });

    it('names each bad field', async () => {
      const { body } = await host.http
        .post('/users')
        .send({ email: 'nobody', password: 'short', name: ' ', role: 'admin' })
        .expect(400);
      expect(body).toMatchObject(error(400, 'VALIDATION_FAILED'));
      expect(body.errors).toEqual([
        { field: 'role', message: 'is not a field of this request' },
        { field: 'email', message: 'must be an e-mail address' },
        { field: 'password', message: 'must be a string of 10 to 200 characters' },
        { field: 'name', message: 'must be a string of 1 to 100 characters' },
      ]);
      expect(JSON.stringify(body)).not.toContain('short');
    });

    it.each([
      ['a list', '[{"email":"x@example.com","password":"long enough","name":"X"}]'],
      ['an empty list', '[]'],
      ['no fields', '{}'],
      ['nested values', '{"email":{"a":1},"password":["long enough"],"name":{"length":5}}'],
      ['nulls', '{"email":null,"password":null,"name":null}'],
      ['a prototype', '{"__proto__":{"email":"x@example.com"}}'],
      ['a constructor', '{"constructor":{"prototype":{"email":"x@example.com"}}}'],
    ])('refuses %s as a body', async (_, body) => {
      const answer = await host.http.post('/users').type('json').send(body).expect(400);
      expect(answer.body).toMatchObject(error(400, 'VALIDATION_FAILED'));
      expect(answer.body.errors.length).toBeGreaterThan(0);
    });

    it('accepts passwords of 10 and of 200 characters, not of 201', async () => {
      await host.http
        .post('/users')
        .send({ ...newAccount(), password: 'x1'.repeat(5) })
        .expect(201);
      await host.http
        .post('/users')
        .send({ ...newAccount(), password: 'x'.repeat(200) })
        .expect(201);
      await host.http
        .post('/users')
        .send({ ...newAccount(), password: 'x'.repeat(201) })
        .expect(400);
    });
  });

  describe('instructors and admins', () => {
    it('are made by admins only', async () => {
      const student = await register();
      for (const path of ['/instructors', '/admins']) {
        const anonymous = await host.http.post(path).send(newAccount()).expect(401);
        expect(anonymous.body).toEqual(error(401, 'UNAUTHORIZED'));
        const forbidden = await host.http
          .post(path)
          .auth(student.token, { type: 'bearer' })
          .send(newAccount())
          .expect(403);
        expect(forbidden.body).toEqual(error(403, 'FORBIDDEN'));
      }
    });

    it('get their role', async () => {
      expect((await asAdmin('/instructors').send(newAccount()).expect(201)).body.role).toBe('instructor');
      expect((await asAdmin('/admins').send(newAccount()).expect(201)).body.role).toBe('admin');
    });

    it('promotes an existing account once', async () => {
      const { id, email } = await register();
      const { body } = await asAdmin('/admins').send({ user_id: id }).expect(201);
      expect(body).toMatchObject({ id, email, role: 'admin' });
      expect((await asAdmin('/admins').send({ user_id: id }).expect(409)).body).toEqual(error(409, 'ALREADY_ADMIN'));
    });

    it('does not promote an account that does not exist', async () => {
      const { body } = await asAdmin('/admins').send({ user_id: 999_999 }).expect(404);
      expect(body).toEqual(error(404, 'USER_NOT_FOUND'));
    });

    it.each([
      [{}, ['email', 'password', 'name']],
      [{ user_id: '5' }, ['user_id']],
      [{ user_id: 0 }, ['user_id']],
      [{ user_id: null }, ['user_id']],
      [{ user_id: 5, email: 'a@example.com', name: 'A' }, ['email', 'name']],
    ])('wants one form or the other: %j', async (sent, fields) => {
      const { body } = await asAdmin('/admins').send(sent).expect(400);
      expect(body).toMatchObject(error(400, 'VALIDATION_FAILED'));
      expect(body.errors.map(({ field }: { field: string }) => field)).toEqual(fields);
      expect(body.message).toContain('only user_id');
    });
  });

  describe('role.created', () => {
    it('tells of every new role once it is committed', async () => {
      const heard: unknown[] = [];
      const listener: (event: RoleCreatedEvent) => unknown = async (event) => {
        const [row] = await sql('SELECT role FROM users WHERE id = ?', [event.user_id]);
        heard.push({ ...event, stored: row?.role });
      };
      const events = host.app.get(EventEmitter2);
      events.on(ROLE_CREATED, listener);
      const { id: student } = (await host.http.post('/users').send(newAccount())).body;
      const { id: instructor } = (await asAdmin('/instructors').send(newAccount())).body;
      const { id: admin } = (await asAdmin('/admins').send(newAccount())).body;
      await asAdmin('/admins').send({ user_id: student });
      await asAdmin('/admins').send({ user_id: student }).expect(409);
      await until(() => expect(heard).toHaveLength(4));
      events.off(ROLE_CREATED, listener);
      expect(heard).toMatchObject([
        { role: 'student', user_id: student, stored: 'student' },
        { role: 'instructor', user_id: instructor, stored: 'instructor' },
        { role: 'admin', user_id: admin, stored: 'admin' },
        { role: 'admin', user_id: student, stored: 'admin' },
      ]);
    });

    const listeners: Record<string, () => unknown> = {
      throws: () => {
        throw new Error('listener');
      },
      rejects: () => Promise.reject(new Error('listener')),
      'never ends': () => new Promise(() => undefined),
    };

    it.each(Object.entries(listeners))('opens the account whether or not a listener %s', async (_, listener) => {
      const events = host.app.get(EventEmitter2);
      events.on(ROLE_CREATED, listener);
      await host.http.post('/users').send(newAccount()).expect(201);
      events.off(ROLE_CREATED, listener);
    });
  });

  describe('tokens', () => {
    const sign = (claims: object, options: object = {}) =>
      host.app.get(JwtService, { strict: false }).signAsync(claims, options);
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

    const madeBy = (token: string) =>
      (JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { made: number }).made;

    it('hold nothing but the account, and when it was made', () => {
      const [, payload] = host.adminToken.split('.');
      const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString()) as { iat: number; exp: number };
      expect(claims).toEqual({
        sub: '1',
        made: expect.any(Number),
        iat: expect.any(Number),
        exp: claims.iat + 3600,
      });
    });

    it('are refused when forged, unsigned, expired or signed in another way', async () => {
      const [header, payload, signature] = host.adminToken.split('.') as [string, string, string];
      const claims = { sub: '1', iat: Math.floor(Date.now() / 1000), exp: Math.floor(Date.now() / 1000) + 3600 };
      const bad: Record<string, string> = {
        nonsense: 'nonsense',
        'other account': `${header}.${encode({ ...claims, sub: '2' })}.${signature}`,
        'alg none': `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.`,
        'other moment': await sign({ sub: '1', made: madeBy(host.adminToken) - 1 }),
        'no moment': await sign({ sub: '1' }),
        'other secret': await sign({ sub: '1', made: madeBy(host.adminToken) }, { secret: 'x'.repeat(64) }),
        'other algorithm': await sign({ sub: '1' }, { algorithm: 'HS512' }),
        expired: await sign({ sub: '1' }, { expiresIn: -1 }),
        'no account': await sign({}),
        'odd account': await sign({ sub: '1 OR 1=1' }),
        'endless account': await sign({ sub: '9'.repeat(400), made: 1 }),
        'account beyond every id': await sign({ sub: '9'.repeat(15), made: 1 }),
      };
      for (const [kind, token] of Object.entries(bad)) {
        const answer = await me(token);
        expect([kind, answer.status, answer.body]).toEqual([kind, 401, error(401, 'UNAUTHORIZED')]);
      }
      await me(await sign({ sub: '1', made: madeBy(host.adminToken) })).expect(200);
    });

    it('are refused outside a Bearer header', async () => {
      await host.http.get('/users/me').expect(401);
      await host.http.get('/users/me').auth(ADMIN.email, ADMIN.password).expect(401);
      await host.http.get(`/users/me?access_token=${host.adminToken}`).expect(401);
    });

    it('die with their account', async () => {
      const { id, token } = await register();
      await me(token).expect(200);
      await sql('DELETE FROM users WHERE id = ?', [id]);
      await me(token).expect(401);
    });

    it('are not inherited by a younger account with the same id', async () => {
      const { id, token } = await register();
      await sql('DELETE FROM users WHERE id = ?', [id]);
      await sql(
        `INSERT INTO users SELECT ?, 'heir@example.com', name, role, password_hash, strftime('%Y-%m-%d %H:%M:%f', 'now', '+1 minute')
         FROM users WHERE id = 1`,
        [id],
      );
      await me(token).expect(401);
    });

    it('are accepted though their account was made while the clock was ahead', async () => {
      const { id } = await register();
      await sql(`UPDATE users SET created_at = strftime('%Y-%m-%d %H:%M:%f', 'now', '+40 days') WHERE id = ?`, [id]);
      await me(await host.tokenOf(id)).expect(200);
    });

    it('are worth the role the account has now', async () => {
      const { id, token } = await register();
      const open = () => host.http.post('/instructors').auth(token, { type: 'bearer' }).send(newAccount());
      await open().expect(403);
      await sql(`UPDATE users SET role = 'admin' WHERE id = ?`, [id]);
      await open().expect(201);
      expect((await me(token)).body.role).toBe('admin');
      await sql(`UPDATE users SET role = 'instructor' WHERE id = ?`, [id]);
      await open().expect(403);
    });
  });

  describe('every answer', () => {
    it('has the error format on unknown routes, broken and oversized bodies', async () => {
      expect((await host.http.get('/nowhere').expect(404)).body).toEqual(error(404, 'NOT_FOUND'));
      const broken = await host.http.post('/users').type('json').send('{"password": hunter2}').expect(400);
      expect(broken.body).toEqual(error(400, 'BAD_REQUEST'));
      expect(broken.text).not.toContain('hunter2');
      const big = await host.http
        .post('/users')
        .send({ ...newAccount(), name: 'x'.repeat(200_000) })
        .expect(413);
      expect(big.body).toEqual(error(413, 'PAYLOAD_TOO_LARGE'));
      expect((await host.http.get('/users/%FF')).body.status_code).toBeGreaterThanOrEqual(400);
    });

    it.each([
      [
        'a NUL in a name',
        '/users',
        '{"email":"nul@example.com","password":"a good password","name":"A\\u0000B"}',
        'name',
      ],
      ['a NUL in an address', '/auth/login', '{"email":"a\\u0000@example.com","password":"a good password"}', 'email'],
      ['a NUL in the name of a field', '/users', '{"a\\u0000":1}', ''],
      ['15,000 lists in one another', '/users', `{"name":${'['.repeat(15_000)}${']'.repeat(15_000)}}`, 'name.0.0'],
    ])('refuses %s', async (_, path, text, field) => {
      const { body } = await host.http.post(path).type('json').send(text).expect(400);
      expect(body).toMatchObject(error(400, 'VALIDATION_FAILED'));
      expect(body.errors).toEqual([{ field, message: expect.any(String) }]);
    });

    it.each([
      ['12345678901234567890', 400],
      ['9007199254740993', 400],
      ['9007199254740991', 404],
      ['2147483648', 404],
    ])('knows no account %s', async (id, status) => {
      await asAdmin('/admins').type('json').send(`{"user_id":${id}}`).expect(status);
    });

    it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'application/json-seq'])(
      'takes no body of type %s',
      async (type) => {
        const answer = await host.http.post('/users').set('Content-Type', type).send('name=x').expect(415);
        expect(answer.body).toEqual(error(415, 'UNSUPPORTED_MEDIA_TYPE'));
      },
    );

    it('is stored by nobody, errors included', async () => {
      const answers = [await me(host.adminToken), await me('wrong'), await host.http.get('/nowhere')];
      for (const { headers } of answers) expect(headers['cache-control']).toBe('no-store');
    });

    it('says nothing about an unforeseen error', async () => {
      await sql('ALTER TABLE users RENAME TO away');
      try {
        const { body } = await host.http.post('/users').send(newAccount()).expect(500);
        expect(body).toEqual(error(500, 'INTERNAL_ERROR'));
        expect(JSON.stringify(body)).not.toMatch(/users|sqlite|table/i);
      } finally {
        await sql('ALTER TABLE away RENAME TO users');
      }
    });

    it('carries the protective headers', async () => {
      const { headers } = await host.http.get('/healthz').expect(200);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['content-security-policy']).toContain("default-src 'self'");
      expect(headers['content-security-policy']).not.toContain('upgrade-insecure-requests');
      expect(headers).not.toHaveProperty('x-powered-by');
    });
  });

  it('documents every route with its answers and errors', async () => {
    await host.http.get('/docs').expect(200);
    const { body } = await host.http.get('/docs-json').expect(200);
    const statuses = (path: string, method: string) => Object.keys(body.paths[path][method].responses as object);
    expect(statuses('/auth/login', 'post')).toEqual(['200', '400', '401', '429']);
    expect(statuses('/users', 'post')).toEqual(['201', '400', '403', '409', '429']);
    expect(statuses('/users/me', 'get')).toEqual(['200', '401']);
    expect(statuses('/instructors', 'post')).toEqual(['201', '400', '401', '403', '409']);
    expect(statuses('/admins', 'post')).toEqual(['201', '400', '401', '403', '404', '409']);
    expect(statuses('/healthz', 'get')).toEqual(['200', '503']);
    expect(body.components.securitySchemes.bearer).toMatchObject({ type: 'http', scheme: 'bearer' });
    expect(body.paths['/admins'].post.security).toEqual([{ bearer: [] }]);
    expect(body.components.schemas.NewAccount.required).toEqual(['email', 'password', 'name']);
    expect(JSON.stringify(body)).not.toContain('password_hash');
  });
});

describe('signing in', () => {
  let host: HostApp;

  beforeAll(async () => {
    host = await startHostApp();
  });
  afterAll(() => host.close());

  it('gives a token for the right password, says the same whatever is wrong, and slows down guessing after ten attempts', async () => {
    const login = (body: object) => host.http.post('/auth/login').send(body);
    const right = await login({ email: ' ADMIN@example.com', password: ADMIN.password }).expect(200);
    expect(right.headers['cache-control']).toBe('no-store');
    expect(right.body).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'Bearer',
      expires_in: 3600,
      user: { id: 1, email: ADMIN.email, name: 'Admin', role: 'admin' },
    });
    const unknown = await login({ email: 'nobody@example.com', password: PASSWORD }).expect(401);
    const wrong = await login({ email: ADMIN.email, password: PASSWORD }).expect(401);
    expect(unknown.body).toEqual(error(401, 'UNAUTHORIZED'));
    expect(wrong.body).toEqual(unknown.body);
    expect((await login({ email: ADMIN.email }).expect(400)).body.errors).toEqual([
      { field: 'password', message: 'must be a string of at most 200 characters' },
    ]);
    for (let attempt = 2; attempt <= 10; attempt++) {
      await login({ email: 'nobody@example.com', password: PASSWORD }).expect(401);
    }
    const limited = await login({ email: 'Nobody@example.com', password: PASSWORD }).expect(429);
    expect(limited.body).toEqual(error(429, 'TOO_MANY_REQUESTS'));
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0);
    await host.http.get('/users/me').auth(host.adminToken, { type: 'bearer' }).expect(200);
    await login(ADMIN).expect(200);
  });

  it('tells clients apart behind a proxy that it was told of, and believes nobody else', async () => {
    const behind = await startHostApp({ TRUST_PROXY: 'loopback' });
    const guessFrom = (at: HostApp, address: string) =>
      at.http
        .post('/auth/login')
        .set('X-Forwarded-For', address)
        .send({ email: `${address}@example.com`, password: PASSWORD });
    try {
      const [there, here]: number[][] = [[], []];
      for (let n = 0; n < 31; n++) {
        const other = guessFrom(behind, '198.51.100.7').send({ email: `x${n}@example.com` });
        there!.push((await other).status);
        here!.push((await guessFrom(host, `198.51.100.${n}`)).status);
      }
      expect(there).toEqual([...Array<number>(30).fill(401), 429]);
      expect((await guessFrom(behind, '203.0.113.5')).status).toBe(401);
      expect(here!.at(-1)).toBe(429);
      // Whoever guesses at the account from elsewhere does not keep its owner out.
      await behind.http.post('/auth/login').send(ADMIN).expect(200);
    } finally {
      await behind.close();
    }
  });
});

describe('registration', () => {
  it('is limited by address, and can be switched off', async () => {
    const host = await startHostApp();
    const register = (number: number) =>
      host.http.post('/users').send({ email: `p${number}@example.com`, password: PASSWORD, name: 'P' });
    await Promise.all(Array.from({ length: 60 }, (_, number) => register(number).expect(201)));
    const limited = await register(60).expect(429);
    expect(limited.body).toEqual(error(429, 'TOO_MANY_REQUESTS'));
    expect(limited.headers['retry-after']).toBe('60');
    await host.close();

    const closed = await startHostApp({ REGISTRATION: 'off' });
    const account = { email: 'late@example.com', password: PASSWORD, name: 'Late' };
    const { body } = await closed.http.post('/users').send(account).expect(403);
    expect(body).toEqual(error(403, 'REGISTRATION_CLOSED'));
    await closed.http.post('/instructors').auth(closed.adminToken, { type: 'bearer' }).send(account).expect(201);
    await closed.close();
  });

  it.each(['1234567890', 'qwertyuiop', 'Qwertyuiop', '1q2w3e4r5t', 'password123', 'basketball'])(
    'refuses the common password %s',
    async (password) => {
      const errors = await validate(plainToInstance(NewAccount, { email: 'a@example.com', name: 'A', password }));
      expect(errors.map(({ property }) => property)).toEqual(['password']);
      expect(() => parseEnvironment({ ADMIN_EMAIL: 'a@example.com', ADMIN_PASSWORD: password })).toThrow('common');
    },
  );
});

describe('starting', () => {
  const withFolder = async (run: (folder: string) => Promise<void>) => {
    const folder = await mkdtemp(join(tmpdir(), 'host-start-'));
    await run(folder).finally(() => rm(folder, { recursive: true, force: true }));
  };
  const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

  it('keeps its files to the owner, and accounts and tokens across a restart', () =>
    withFolder(async (folder) => {
      const first = await startHostApp({}, folder);
      const data = join(folder, 'data');
      expect(await modeOf(data)).toBe('700');
      expect((await readdir(data)).sort()).toEqual(['app.sqlite', 'app.sqlite-shm', 'app.sqlite-wal', 'jwt-secret']);
      for (const file of await readdir(data)) expect([file, await modeOf(join(data, file))]).toEqual([file, '600']);
      const pragmas = await first.app
        .get(DataSource)
        .query(
          'SELECT journal_mode, foreign_keys, timeout FROM pragma_journal_mode, pragma_foreign_keys, pragma_busy_timeout',
        );
      expect(pragmas).toEqual([{ journal_mode: 'wal', foreign_keys: 1, timeout: 5000 }]);
      await first.close();

      const second = await startHostApp({}, folder);
      await second.http.get('/users/me').auth(first.adminToken, { type: 'bearer' }).expect(200);
      expect(await second.app.get(DataSource).query('SELECT count(*) AS admins FROM users')).toEqual([{ admins: 1 }]);
      await second.close();
    }));

  it('signs with the given secret and then writes none', () =>
    withFolder(async (folder) => {
      const host = await startHostApp({ NODE_ENV: 'production', JWT_SECRET: 'x'.repeat(32) }, folder);
      expect(await readdir(join(folder, 'data'))).not.toContain('jwt-secret');
      await host.close();
    }));

  it('refuses a damaged secret instead of signing with it', () =>
    withFolder(async (folder) => {
      await (await startHostApp({}, folder)).close();
      await writeFile(join(folder, 'data', 'jwt-secret'), '');
      await expect(startHostApp({}, folder)).rejects.toThrow('jwt-secret in the data folder is damaged');
    }));

  it('makes no admin of somebody else who has the address', () =>
    withFolder(async (folder) => {
      const first = await startHostApp({}, folder);
      await first.app.get(DataSource).query(`UPDATE users SET role = 'student'`);
      await first.close();
      await expect(startHostApp({}, folder)).rejects.toThrow('belongs to another account');
    }));

  it('tells listeners of the first admin', () =>
    withFolder(async (folder) => {
      const heard: RoleCreatedEvent[] = [];
      class Listener {
        @OnEvent(ROLE_CREATED)
        hear(event: RoleCreatedEvent): void {
          heard.push(event);
        }
      }
      const environment = parseEnvironment({
        DATABASE_URL: `sqlite:${join(folder, 'app.sqlite')}`,
        ADMIN_EMAIL: ADMIN.email,
        ADMIN_PASSWORD: ADMIN.password,
      });
      const module = await Test.createTestingModule({ imports: [AppModule], providers: [Listener] })
        .overrideProvider(Environment)
        .useValue(environment)
        .compile();
      const app = await module.createNestApplication({ logger: false }).init();
      expect(heard).toMatchObject([{ role: 'admin', user_id: 1 }]);
      await app.close();
    }));

  it('reports a database that does not answer', async () => {
    const host = await startHostApp();
    expect((await host.http.get('/healthz').expect(200)).body).toEqual({ status: 'ok' });
    await host.app.get(DataSource).destroy();
    expect((await host.http.get('/healthz').expect(503)).body).toEqual(error(503, 'DATABASE_UNAVAILABLE'));
    await host.close();
  });
});

describe('the program', () => {
  const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

  /** Runs it in an empty folder until it ends by itself, or has printed `until`. */
  const run = async (env: NodeJS.ProcessEnv, until?: RegExp, dotEnv = '') => {
    const folder = await mkdtemp(join(tmpdir(), 'host-main-'));
    await writeFile(join(folder, '.env'), dotEnv);
    try {
      return await new Promise<{ code: number | null; output: string; secret: string }>((done) => {
        let output = '';
        const child = execFile(process.execPath, [main], {
          cwd: folder,
          env: { PATH: process.env['PATH'], NO_COLOR: '1', ...env },
        });
        const collect = (text: string) => {
          output += text;
          if (until?.test(output)) child.kill('SIGTERM');
        };
        child.stdout!.on('data', collect);
        child.stderr!.on('data', collect);
        child.on('close', (code) => {
          void readFile(join(folder, 'data', 'jwt-secret'), 'utf8')
            .catch(() => '')
            .then((secret) => done({ code, output, secret }));
        });
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  it('ends with the reason alone when the environment is wrong', async () => {
    const { code, output } = await run({ PORT: 'http', BACKUP_DIRECTORY: '/x' }, undefined, 'BACKUP_TRIGGERS=maybe\n');
    expect(code).toBe(1);
    expect(output).toMatch(/^Could not start\. Invalid environment variables:\n/);
    expect(output).toContain('- PORT must be');
    expect(output).toContain('- BACKUP_DIRECTORY is not a known variable');
    expect(output).toContain('- BACKUP_TRIGGERS must be');
    expect(output).not.toMatch(/^ +at /m);
  });

  it('shows the first admin once, says where it listens, and keeps its secrets', async () => {
    const { output, secret } = await run({ PORT: '0' }, /Listening on http:\/\/127\.0\.0\.1:\d+/);
    expect(output.match(/password: [\w-]{24}\n/g)).toHaveLength(1);
    expect(output).toContain('admin@localhost.localdomain');
    expect(secret).toHaveLength(65);
    expect(output).not.toContain(secret.trim());
  });
});
