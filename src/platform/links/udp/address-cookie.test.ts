import { expect, test } from 'vitest';
import { primitives } from '../../node/primitives.ts';
import { systemRng } from '../../node/rng.ts';
import { createAddressCookies, type AddressCookies } from './address-cookie.ts';

const REQUEST = Uint8Array.of(1, 2, 3, 4);
let nowMs = 0;
const clock = { now: () => nowMs, wallMs: () => 0, after: () => ({ cancel: () => undefined }) };
const create = (): AddressCookies => createAddressCookies(primitives, systemRng, clock);

test('holds for its address and request only, and for who made it only', () => {
  const cookies = create();
  const cookie = cookies.cookieOf('192.0.2.7:4700', REQUEST);
  expect(cookies.isValid('192.0.2.7:4700', REQUEST, cookie)).toBe(true);
  expect(cookies.isValid('192.0.2.7:4701', REQUEST, cookie)).toBe(false);
  expect(cookies.isValid('192.0.2.8:4700', REQUEST, cookie)).toBe(false);
  expect(cookies.isValid('192.0.2.7:4700', Uint8Array.of(1, 2, 3, 5), cookie)).toBe(false);
  expect(cookies.isValid('192.0.2.7:4700', REQUEST, cookie.subarray(1))).toBe(false);
  expect(create().isValid('192.0.2.7:4700', REQUEST, cookie)).toBe(false);
});

test('expires after half a minute to a minute', () => {
  const cookies = create();
  nowMs = 29_000;
  const cookie = cookies.cookieOf('a:1', REQUEST);
  for (const [atMs, holds] of [
    [30_000, true],
    [59_999, true],
    [60_000, false],
    [1e9, false],
  ] as const) {
    nowMs = atMs;
    expect(cookies.isValid('a:1', REQUEST, cookie)).toBe(holds);
  }
});
