import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import supertest from 'supertest';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AppModule } from '../src/app.module.js';

let app: NestFastifyApplication;

beforeAll(async () => {
  const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
});
afterAll(() => app.close());

it('keeps notes', async () => {
  const { length } = (await supertest(app.getHttpServer()).get('/notes').expect(200)).body as unknown[];
  await supertest(app.getHttpServer()).post('/notes').send({ text: 'Buy milk' }).expect(201);
  expect((await supertest(app.getHttpServer()).get('/notes')).body).toHaveLength(length + 1);
});

it('lets nobody without a key at the backups', async () => {
  await supertest(app.getHttpServer()).get('/admin/database/backups').expect(401);
  await supertest(app.getHttpServer()).get('/admin/database/backups').set('x-api-key', 'key-of-olga').expect(200);
});
