import { describe, expect, it } from 'vitest';
import { optionalPackage } from './optional-package.js';

const notFound = (name: string) =>
  Object.assign(new Error(`Cannot find module '${name}'\nRequire stack:\n- /srv/app.js`), { code: 'MODULE_NOT_FOUND' });

describe('a package that the host may have', () => {
  it('is what it exports', () => {
    expect(optionalPackage('rxjs', () => ({ of: 1 }))).toEqual({ of: 1 });
  });

  it('is null where it is not installed', () => {
    const load = () => {
      throw notFound('@nestjs/swagger');
    };
    expect(optionalPackage('@nestjs/swagger', load)).toBeNull();
  });

  it('is an error where something that it needs is missing, or it is broken', () => {
    const lacking = () => {
      throw notFound('class-transformer');
    };
    expect(() => optionalPackage('@nestjs/swagger', lacking)).toThrow("Cannot find module 'class-transformer'");
    const broken = () => {
      throw new TypeError('broken');
    };
    expect(() => optionalPackage('@nestjs/swagger', broken)).toThrow('broken');
  });
});
