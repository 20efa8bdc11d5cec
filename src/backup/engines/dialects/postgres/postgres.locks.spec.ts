import { describe, expect, it } from 'vitest';
import type { PostgresConnection } from './postgres.connection.js';
import { assertRoomForLocks } from './postgres.locks.js';

/** A server that answers how much room it has for locks, and how many others hold. */
const server = (perTransaction: number, room: number, used: number) =>
  ({
    query: (sql: string) =>
      Promise.resolve(sql.includes('pg_locks') ? [{ used }] : [{ per_transaction: perTransaction, room }]),
  }) as unknown as PostgresConnection;

describe('the room for locks', () => {
  it('is not asked for where few are needed', async () => {
    await expect(assertRoomForLocks(server(64, 6400, 6400), 640, 'capture')).resolves.toBeUndefined();
  });

  it('lets pass what fits beside the locks of others', async () => {
    await expect(assertRoomForLocks(server(64, 6400, 400), 6000, 'restore')).resolves.toBeUndefined();
  });

  it('refuses more, and says what to raise so that it fits', async () => {
    const refusal = await assertRoomForLocks(server(64, 6400, 400), 11_200, 'restore').catch((error: Error) => error);
    expect(refusal).toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/about 11200 locks.*room for 6000.*max_locks_per_transaction to 145 /) as unknown,
    });
    await expect(assertRoomForLocks(server(145, 14_500, 400), 11_200, 'restore')).resolves.toBeUndefined();
  });
});
