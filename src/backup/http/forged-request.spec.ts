import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import { assertNotForged } from './forged-request.js';
import type { BackupRequest } from './inputs.js';

const check = (headers: IncomingHttpHeaders, method = 'POST') =>
  expect(() => assertNotForged({ method, headers: { host: 'shop.example', ...headers } } as BackupRequest));

describe('a request that changes something', () => {
  it.each<[string, IncomingHttpHeaders]>([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling of its domain', { 'sec-fetch-site': 'same-site' }],
    ['a form of another site', { 'sec-fetch-site': 'cross-site', 'content-type': 'application/x-www-form-urlencoded' }],
    ['a form that poses as JSON', { 'sec-fetch-site': 'cross-site', 'content-type': 'text/plain; application/json' }],
    ['another origin, in an older browser', { origin: 'https://evil.example' }],
    ['another port, in an older browser', { origin: 'https://shop.example:8443' }],
    ['a page without an origin', { origin: 'null' }],
  ])('is refused from %s', (_, headers) => {
    check(headers).toThrow('A page of another site has sent this request.');
    check(headers, 'GET').not.toThrow();
  });

  it.each<[string, IncomingHttpHeaders]>([
    ['a program', {}],
    ['a page of this origin', { 'sec-fetch-site': 'same-origin', origin: 'https://shop.example' }],
    ['the person at the browser', { 'sec-fetch-site': 'none' }],
    ['a page of this origin, in an older browser', { origin: 'https://shop.example' }],
    [
      'a page of another origin that CORS lets send JSON',
      { 'sec-fetch-site': 'same-site', 'content-type': 'application/json; charset=utf-8' },
    ],
    [
      'a page of another origin that CORS lets send a token',
      { 'sec-fetch-site': 'cross-site', authorization: 'Bearer a' },
    ],
    [
      'a page of another origin that CORS lets send a header',
      { origin: 'https://ops.example', 'x-requested-with': 'fetch' },
    ],
  ])('is taken from %s', (_, headers) => {
    check(headers).not.toThrow();
  });
});
