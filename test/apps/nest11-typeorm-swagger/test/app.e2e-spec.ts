import { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Backups } from 'nestjs-backup';
import request from 'supertest';
import { App } from 'supertest/types';
import { AppModule } from '../src/app.module';

describe('AppController (e2e)', () => {
  let app: INestApplication<App>;

  beforeAll(async () => {
    const moduleFixture = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = moduleFixture.createNestApplication();
    await app.init();
  });
  afterAll(() => app.close());

  it('/notes', async () => {
    await request(app.getHttpServer()).post('/notes').send({ text: 'Call the bank' }).expect(201);
    const { body } = await request(app.getHttpServer()).get('/notes').expect(200);
    expect(body).toContainEqual({ id: expect.any(Number), text: 'Call the bank' });
  });

  it('/admin/database/backups', async () => {
    await request(app.getHttpServer()).get('/admin/database/backups').expect(403);
    await request(app.getHttpServer()).get('/admin/database/backups').set('x-api-key', 'key-of-olga').expect(200);
  });

  it('takes a snapshot from its own code', async () => {
    const backups = app.get(Backups, { strict: false });
    const { id } = await backups.capture({ description: 'Before the migration' });
    expect((await backups.get(id)).tables).toHaveProperty('notes');
  });
});
