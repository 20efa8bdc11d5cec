import { describe, expect, it } from 'vitest';
import { documentName } from './postgres.names.js';

describe('documentName', () => {
  it.each([
    ['public', 'users', 'users'],
    ['shop', 'users', 'shop.users'],
    ['public', 'a.b', 'public."a.b"'],
    ['public', 'a"b', 'public."a""b"'],
    ['public', 'shop.users', 'public."shop.users"'],
    ['a.b', 'c', '"a.b".c'],
    ['a', 'b.c', 'a."b.c"'],
    ['public', 'Üben 😀\n', 'Üben 😀\n'],
  ])('calls %j.%j %j', (schema, name, label) => {
    expect(documentName({ schema, name })).toBe(label);
  });
});
