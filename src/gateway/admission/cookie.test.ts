import fc from 'fast-check';
import { expect, test } from 'vitest';
import { primitives } from '../../platform/node/primitives.ts';
import { createSeededRng } from '../../sim/seeded-rng.ts';
import { createWorld } from '../../sim/world.ts';
import { COOKIE_SLOT_MS, createCookieJar, type CookieJar } from './cookie.ts';

const address = fc.uint8Array({ minLength: 16, maxLength: 16 });
const here = new Uint8Array(16).fill(1);

function jarAt(time: { now: number }, seed = 1): CookieJar {
  const { clock } = createWorld({ seed, primitives });
  return createCookieJar(
    primitives,
    { ...clock, now: () => time.now },
    createSeededRng(primitives, seed, 'jar'),
  );
}

test('a cookie holds for its address, for one slot at least and two at most', () => {
  fc.assert(
    fc.property(
      address,
      fc.integer({ min: 0, max: 20 }),
      fc.double({ min: 0, max: 3 * COOKIE_SLOT_MS, noNaN: true }),
      fc.double({ min: 0, max: 3 * COOKIE_SLOT_MS, noNaN: true }),
      (from, bits, madeAtMs, laterMs) => {
        const time = { now: madeAtMs };
        const jar = jarAt(time);
        const cookie = jar.make(from, bits);
        time.now += laterMs;
        const checked = jar.check(from, cookie);
        if (laterMs < COOKIE_SLOT_MS) expect(checked).toMatchObject({ bits });
        if (laterMs >= 2 * COOKIE_SLOT_MS) expect(checked).toBe('answer-expired');
      },
    ),
  );
});

test('no byte of it may change, nor its address, nor its jar', () => {
  const time = { now: 0 };
  const jar = jarAt(time);
  fc.assert(
    fc.property(address, fc.nat(28), fc.integer({ min: 1, max: 255 }), (from, at, by) => {
      const cookie = jar.make(from, 12);
      const changed = cookie.slice();
      changed[at] = (changed[at] ?? 0) ^ by;
      expect(typeof jar.check(from, changed)).toBe('string');
      const elsewhere = from.slice();
      elsewhere[at % 16] = (elsewhere[at % 16] ?? 0) ^ by;
      expect(jar.check(elsewhere, cookie)).toBe('answer-forged');
      expect(jarAt(time, 2).check(from, cookie)).toBe('answer-forged');
      expect(jar.check(from, cookie)).toMatchObject({ bits: 12 });
    }),
  );
});

test('secrets of a slot are gone after the next, however long nobody came', () => {
  const time = { now: 0 };
  const jar = jarAt(time);
  const old = jar.make(here, 0);
  time.now = 100 * COOKIE_SLOT_MS;
  // Even a cookie that claims to be of this slot.
  const forged = old.slice();
  forged.set(jar.make(here, 0).subarray(0, 4));
  expect(jar.check(here, forged)).toBe('answer-forged');
});

test('what is no cookie is malformed', () => {
  expect(jarAt({ now: 0 }).check(here, new Uint8Array(28))).toBe('answer-malformed');
});
