import type supertest from 'supertest';
import type { Job, Snapshot } from '../../src/backup/index.js';
import { BACKUPS } from './backups-client.js';

export const KEY = 'key-of-olga';

/** The hand of somebody with an API key on the routes of somebody else's application. */
export class ShopClient {
  constructor(
    readonly http: ReturnType<typeof supertest>,
    private readonly prefix = '',
  ) {}

  get = (path: string) => this.http.get(this.prefix + path).set('x-api-key', KEY);
  post = (path: string, body: object = {}) =>
    this.http
      .post(this.prefix + path)
      .set('x-api-key', KEY)
      .send(body);
  delete = (path: string) => this.http.delete(this.prefix + path).set('x-api-key', KEY);

  async capture(): Promise<Snapshot> {
    return (await this.post(`${BACKUPS}?wait=true`).expect(201)).body as Snapshot;
  }

  async restore(id: string): Promise<Job> {
    return (await this.post(`${BACKUPS}/${id}/restore?wait=true`, { confirm: id }).expect(200)).body as Job;
  }

  async listed(): Promise<Snapshot[]> {
    return ((await this.get(BACKUPS).expect(200)).body as { items: Snapshot[] }).items;
  }

  async job(id: string): Promise<Job> {
    return (await this.get(`${BACKUPS}/jobs/${id}`).expect(200)).body as Job;
  }

  async jobs(): Promise<Job[]> {
    return ((await this.get(`${BACKUPS}/jobs`).expect(200)).body as { items: Job[] }).items;
  }
}
