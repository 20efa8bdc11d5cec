import { describe, expect, it } from 'vitest';
import { ClosedGuard } from './access.guard.js';
import { requesterOf } from './inputs.js';

describe('access to backups', () => {
  it('is closed, and says to the developer why, when the host passed no guard', () => {
    expect(() => new ClosedGuard().canActivate()).toThrow(/forRoot\(\{ guard:/);
  });
});

describe('who makes a request', () => {
  it.each([
    [{ user: { email: 'a@example.com', id: 5 } }, 'a@example.com'],
    [{ user: { id: 5 } }, '5'],
    [{ user: { id: 'c0ffee' } }, 'c0ffee'],
    [{ user: { email: null, id: 0 } }, '0'],
    [{ user: {} }, null],
    [{ user: { id: { nested: true } } }, null],
    [{ user: null }, null],
    [{}, null],
  ])('%j is %j', (request, expected) => expect(requesterOf(request)).toBe(expected));
});
