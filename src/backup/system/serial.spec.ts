import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Serial } from './serial.js';

it('runs steps one after the other, past a failing one', async () => {
  const serial = new Serial();
  const log: string[] = [];
  const step = (name: string) => async () => {
    log.push(`${name} starts`);
    await setImmediate();
    log.push(`${name} ends`);
    if (name === 'b') throw new Error('b failed');
    return name;
  };
  const results = await Promise.allSettled(['a', 'b', 'c'].map((name) => serial.run(step(name))));
  expect(log).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});
