import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import type { App } from 'supertest/types';
import { ApiModule } from '../src/api.module';

describe('the API', () => {
  let app: INestApplication<App>;

  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [ApiModule] }).compile();
    app = module.createNestApplication();
    await app.init();
  });
  afterAll(() => app.close());

  it('keeps notes', async () => {
    await request(app.getHttpServer()).post('/notes').send({ text: 'Call the bank' }).expect(201);
    const { body } = await request(app.getHttpServer()).get('/notes').expect(200);
    expect(body).toContainEqual({ id: expect.any(Number), text: 'Call the bank' });
  });

  it('lets nobody without a key at the backups', async () => {
    await request(app.getHttpServer()).get('/admin/database/backups').expect(403);
    await request(app.getHttpServer()).get('/admin/database/backups').set('x-api-key', 'key-of-olga').expect(200);
  });
});
