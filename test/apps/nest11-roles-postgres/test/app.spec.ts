import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import supertest from 'supertest';
import type { App } from 'supertest/types';
import { AppModule } from '../src/app.module';

describe('the application', () => {
  let app: INestApplication<App>;
  const get = (path: string, key: string) => supertest(app.getHttpServer()).get(path).set('x-api-key', key);

  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = module.createNestApplication();
    await app.init();
  });
  afterAll(() => app.close());

  it('keeps notes', async () => {
    await supertest(app.getHttpServer())
      .post('/notes')
      .set('x-api-key', 'key-of-carl')
      .send({ text: 'Call the bank' })
      .expect(201);
    const { body } = await get('/notes', 'key-of-carl').expect(200);
    expect(body).toEqual({ data: expect.arrayContaining([{ id: expect.any(Number), text: 'Call the bank' }]) });
  });

  it('lets admins alone at the backups', async () => {
    await supertest(app.getHttpServer()).get('/admin/database/backups').expect(401);
    await get('/admin/database/backups', 'key-of-carl').expect(403);
    await get('/admin/database/backups', 'key-of-olga').expect(200);
  });
});
