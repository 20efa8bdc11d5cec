import { describe, expect, it } from 'vitest';
import { ownProgram } from './own-program.js';

describe('a program of our own', () => {
  it('is missed in a bundle, with what to do about it', () => {
    expect(() => ownProgram('/app/dist/main.js', 'engine-host.main.js')).toThrow(
      /^\/app\/dist\/engine-host\.main\.js is missing\. .* external/,
    );
  });
});
