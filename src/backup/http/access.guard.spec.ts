import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { BackupGuard } from './access.guard.js';
import { requesterOf } from './inputs.js';

const context = {} as ExecutionContext;

describe('access to backups', () => {
  it('is closed, and says to the developer why, when the host passed no guard', () => {
    expect(() => new BackupGuard(undefined).canActivate(context)).toThrow(/forRoot\(\{ guard:/);
  });

  it.each([true, false])("is the host's decision: %s", (decision) => {
    const guard: CanActivate = { canActivate: (asked) => asked === context && decision };
    expect(new BackupGuard(guard).canActivate(context)).toBe(decision);
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
