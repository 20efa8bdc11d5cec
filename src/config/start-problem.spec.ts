import { describe, expect, it } from 'vitest';
import { CannotStart } from './backup/cannot-start.js';
import { startProblem } from './start-problem.js';

const failed = (message: string, details: object) => Object.assign(new Error(message), details);

describe('startProblem', () => {
  it.each([
    [failed('listen EADDRINUSE: 127.0.0.1:3000', { code: 'EADDRINUSE', syscall: 'listen' }), /:3000\. .*PORT/],
    [failed('listen EACCES: 127.0.0.1:80', { code: 'EACCES', syscall: 'listen' }), /:80\. .*HOST.*PORT/],
    [failed('getaddrinfo ENOTFOUND nowhere', { code: 'ENOTFOUND', syscall: 'getaddrinfo' }), /nowhere\. .*HOST/],
    [
      failed('connect ECONNREFUSED 127.0.0.1:5432', { code: 'ECONNREFUSED', syscall: 'connect' }),
      /5432\. .*DATABASE_URL/,
    ],
    [failed('password authentication failed for user "u"', { code: '28P01' }), /DATABASE_URL/],
    [failed('file is not a database', { code: 'SQLITE_NOTADB' }), /^file is not a database\. .*DATABASE_URL/],
  ])('says what to do about %s', (error, advice) => {
    expect(startProblem(error)).toMatch(advice);
  });

  it('repeats an explanation as it is', () => {
    expect(startProblem(new CannotStart('There is no admin.'))).toBe('There is no admin.');
    expect(startProblem(failed("EACCES: permission denied, mkdir 'data'", { code: 'EACCES', syscall: 'mkdir' }))).toBe(
      "EACCES: permission denied, mkdir 'data'.",
    );
  });

  it('shows where a mistake in the program was made', () => {
    expect(startProblem(new TypeError('x is not a function'))).toMatch(/x is not a function\n\s+at /);
    expect(startProblem('thrown')).toBe('thrown');
  });
});
