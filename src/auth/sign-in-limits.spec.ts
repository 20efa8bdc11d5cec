import { describe, expect, it } from 'vitest';
import { SignInLimits } from './sign-in-limits.js';

const OWNER = '192.0.2.1';

function limitsAt(start = 0) {
  let now = start;
  const limits = new SignInLimits(() => now);
  return {
    pass: (ms: number) => (now += ms),
    guess: (email: string, address: string) => {
      const attempt = limits.begin(email, address);
      return typeof attempt === 'number' ? attempt : 0;
    },
    signIn: (email: string, address: string) => {
      const attempt = limits.begin(email, address);
      if (typeof attempt === 'number') return attempt;
      attempt.succeeded();
      return 0;
    },
  };
}

describe('SignInLimits', () => {
  it('slows down guesses at one account from many addresses, ever more, up to a quarter of an hour', () => {
    const { guess, pass } = limitsAt();
    for (let n = 0; n < 10; n++) expect(guess('ida', `198.51.100.${n}`)).toBe(0);
    for (const delay of [30, 60, 120, 240, 480, 900, 900].map((seconds) => seconds * 1000)) {
      expect(guess('ida', '203.0.113.9')).toBe(delay);
      pass(delay);
      expect(guess('ida', '203.0.113.10')).toBe(0);
    }
  });

  it('slows down guesses from one address at many accounts, and signing in to an own account does not help', () => {
    const { guess, signIn } = limitsAt();
    for (let n = 0; n < 30; n++) {
      expect(guess(`person ${n}`, '198.51.100.7')).toBe(0);
      expect(signIn('own', '198.51.100.7')).toBe(0);
    }
    expect(guess('somebody', '198.51.100.7')).toBe(30_000);
    expect(guess('somebody', '198.51.100.8')).toBe(0);
  });

  it('keeps nobody out at an address that has signed in before, for longer than a second', () => {
    const { guess, signIn, pass } = limitsAt();
    expect(signIn('ida', OWNER)).toBe(0);
    for (let n = 0; n < 500; n++) guess('ida', `198.51.100.${n}`);
    for (let n = 0; n < 500; n++) guess(`other ${n}`, OWNER);
    expect(signIn('ida', OWNER)).toBe(0);
    for (let n = 0; n < 100; n++) guess('ida', OWNER);
    expect(guess('ida', OWNER)).toBe(1000);
    pass(1000);
    expect(signIn('ida', OWNER)).toBe(0);
  });

  it('forgets after a quiet hour', () => {
    const { guess, pass } = limitsAt();
    for (let n = 0; n < 10; n++) guess('ida', OWNER);
    expect(guess('ida', OWNER)).toBeGreaterThan(0);
    pass(3_600_000);
    for (let n = 0; n < 10; n++) expect(guess('ida', OWNER)).toBe(0);
  });
});
