import { expect, it } from 'vitest';
import { exactJson } from './exact-json.js';

// Node tells the source of a number from version 21 on; every browser of today does.
const tellsSource = ((seen: unknown) => {
  JSON.parse('1', ((_: string, __: unknown, context?: object) => (seen = context)) as never);
  return seen !== undefined;
})(undefined);

it('reads what JSON.parse reads', () => {
  expect(exactJson('{"rows":[{"id":1,"name":"Ida","part":0.5,"none":null,"yes":true}]}')).toEqual({
    rows: [{ id: 1, name: 'Ida', part: 0.5, none: null, yes: true }],
  });
});

it('keeps every digit where the platform tells them, and comes close where not', () => {
  const [big, zeros] = exactJson('[9007199254740993,1.50]') as unknown[];
  expect(big).toBe(tellsSource ? '9007199254740993' : 9007199254740992);
  expect(zeros).toBe(tellsSource ? '1.50' : 1.5);
});
