// Prices: the promise on the wire, what a receiver accepts after what, what a gateway may announce.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unwrap } from '../../core/errors.ts';
import { primitives } from '../../platform/node/primitives.ts';
import { createSimStore } from '../../sim/store.ts';
import { createWorld, type World } from '../../sim/world.ts';
import { testIdentity } from '../../../test/suites/mesh-rig.ts';
import { openOwnPrice } from './own-price.ts';
import { createPriceBook } from './price-book.ts';
import {
  CLOCK_SKEW_MS_MAX,
  decodeGatewayPrice,
  encodeGatewayPrice,
  FREE,
  PRICE_NOTICE_MS,
  PRICE_UNITS_MAX,
  PRICE_VALID_MS,
  termsAt,
  type GatewayPrice,
  type PriceTable,
} from './price.ts';

const gateway = testIdentity('gate');
const NOW = 1_800_000_000_000;

const units = fc.bigInt({ min: 0n, max: PRICE_UNITS_MAX });
const tables: fc.Arbitrary<PriceTable> = fc.record({ control: units, game: units, bulk: units });

function flat(price: bigint): PriceTable {
  return { control: price, game: price, bulk: price };
}

function promise(
  sequence: bigint,
  price: bigint,
  next: readonly [bigint, number] | null = null,
  atMs = NOW,
): GatewayPrice {
  return {
    gateway: gateway.publicKey,
    sequence,
    current: { ...flat(price), fromMs: NOW - 1_000_000 },
    next: next === null ? null : { ...flat(next[0]), fromMs: next[1] },
    validUntilMs: atMs + PRICE_VALID_MS,
  };
}

function world(): World {
  return createWorld({ seed: 1, primitives });
}

async function settle<T>(w: World, what: Promise<T>): Promise<T> {
  await w.run(w.clock.now() + 100);
  return what;
}

describe('a promise on the wire', () => {
  test('comes back as it was signed', () => {
    fc.assert(
      fc.property(tables, fc.option(tables), fc.nat(1e9), (current, next, sequence) => {
        const price = {
          sequence: BigInt(sequence),
          current: { ...current, fromMs: NOW },
          next: next === null ? null : { ...next, fromMs: NOW + 1 },
          validUntilMs: NOW + 5,
        };
        const decoded = unwrap(
          decodeGatewayPrice(primitives, encodeGatewayPrice(primitives, gateway, price)),
        );
        expect(decoded).toEqual({ ...price, gateway: gateway.publicKey });
      }),
      { numRuns: 50 },
    );
  });

  test('by another hand, out of order or out of range is refused', () => {
    const { current, validUntilMs } = promise(1n, 5n);
    const bytes = encodeGatewayPrice(primitives, gateway, {
      sequence: 1n,
      current,
      next: null,
      validUntilMs,
    });
    const forged = bytes.slice();
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    expect(decodeGatewayPrice(primitives, forged)).toMatchObject({
      error: { code: 'GATEWAY_PRICE_FORGED' },
    });
    const early = encodeGatewayPrice(primitives, gateway, {
      sequence: 1n,
      current,
      next: current,
      validUntilMs,
    });
    const dear = { ...current, bulk: PRICE_UNITS_MAX + 1n };
    const high = encodeGatewayPrice(primitives, gateway, {
      sequence: 1n,
      current: dear,
      next: null,
      validUntilMs,
    });
    for (const wrong of [early, high]) {
      expect(decodeGatewayPrice(primitives, wrong)).toMatchObject({
        error: { code: 'GATEWAY_PRICE_MALFORMED' },
      });
    }
  });
});

describe('what a receiver accepts', () => {
  test('a change with notice; within the notice the old price holds', () => {
    const book = createPriceBook();
    const fromMs = NOW + PRICE_NOTICE_MS;
    expect(book.accept(promise(1n, 5n), NOW)).toEqual({ ok: true, value: true });
    expect(book.accept(promise(2n, 5n, [9n, fromMs]), NOW)).toEqual({ ok: true, value: true });
    expect(book.termsOf(gateway.publicKey, fromMs - 1)?.bulk).toBe(5n);
    expect(book.termsOf(gateway.publicKey, fromMs)?.bulk).toBe(9n);
    // Once it is in force, the gateway says so.
    const later = { ...promise(3n, 9n, null, fromMs), current: { ...flat(9n), fromMs } };
    expect(book.accept(later, fromMs)).toEqual({ ok: true, value: true });
  });

  test.each([
    ['at once', [promise(1n, 5n), promise(2n, 6n)]],
    ['lower, at once', [promise(1n, 5n), promise(2n, 4n)]],
    [
      'soon',
      [promise(1n, 5n), promise(2n, 5n, [6n, NOW + PRICE_NOTICE_MS - CLOCK_SKEW_MS_MAX - 1])],
    ],
    ['taken back', [promise(1n, 5n, [6n, NOW + PRICE_NOTICE_MS]), promise(2n, 5n)]],
    [
      'announced otherwise',
      [
        promise(1n, 5n, [6n, NOW + PRICE_NOTICE_MS]),
        promise(2n, 5n, [7n, NOW + 2 * PRICE_NOTICE_MS]),
      ],
    ],
    ['before its time', [promise(1n, 5n, [6n, NOW + PRICE_NOTICE_MS]), promise(2n, 6n)]],
  ] as const)('a change %s is refused, and what was promised stands', (_, [first, second]) => {
    const book = createPriceBook();
    unwrap(book.accept(first, NOW));
    expect(book.accept(second, NOW)).toMatchObject({ error: { code: 'GATEWAY_PRICE_NOTICE' } });
    expect(book.priceOf(gateway.publicKey, NOW)).toEqual(first);
  });

  test('an old promise changes nothing; one that ran out binds nobody', () => {
    const book = createPriceBook();
    unwrap(book.accept(promise(5n, 5n), NOW));
    expect(book.accept(promise(4n, 1n), NOW)).toEqual({ ok: true, value: false });
    const later = NOW + PRICE_VALID_MS;
    expect(book.termsOf(gateway.publicKey, later)).toBeNull();
    expect(book.accept(promise(6n, 50n, null, later), later)).toEqual({ ok: true, value: true });
  });

  test('a promise for ever holds no longer than any other', () => {
    const book = createPriceBook();
    unwrap(book.accept({ ...promise(1n, 5n), validUntilMs: NOW * 2 }, NOW));
    expect(book.termsOf(gateway.publicKey, NOW + PRICE_VALID_MS)).toBeNull();
  });
});

describe('what a gateway may announce', () => {
  test('a receiver who listens never refuses an honest gateway, whatever it proposes, with restarts', async () => {
    const step = fc.record({
      waitMs: fc.nat(2 * PRICE_NOTICE_MS),
      price: fc.option(fc.bigInt({ min: 0n, max: 3n })),
      restart: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const w = world();
        let store = createSimStore(w, { name: 'disk' });
        const book = createPriceBook();
        let bootEpoch = 1;
        let wallMs = NOW;
        let own = await settle(
          w,
          openOwnPrice({ primitives, identity: gateway, store, bootEpoch }, wallMs, flat(1n)),
        );
        for (const { waitMs, price, restart } of steps) {
          wallMs += waitMs;
          if (restart) {
            store = store.reopen();
            bootEpoch += 1;
            own = await settle(
              w,
              openOwnPrice(
                { primitives, identity: gateway, store, bootEpoch },
                wallMs,
                own.next(wallMs) ?? own.current(wallMs),
              ),
            );
          }
          if (price !== null) await settle(w, own.propose(flat(price), wallMs));
          const heard = unwrap(decodeGatewayPrice(primitives, own.signed(wallMs)));
          expect(book.accept(heard, wallMs).ok).toBe(true);
          expect(termsAt(heard, wallMs)).toEqual(own.current(wallMs));
        }
      }),
      { numRuns: 40 },
    );
  });

  test('one change at a time, no sooner than the notice; another price in the settings is announced as well', async () => {
    const w = world();
    const store = createSimStore(w, { name: 'disk' });
    const own = await settle(
      w,
      openOwnPrice({ primitives, identity: gateway, store, bootEpoch: 1 }, NOW, FREE),
    );
    const proposed = unwrap(await settle(w, own.propose(flat(3n), NOW, NOW + 1)));
    expect(proposed.fromMs).toBe(NOW + PRICE_NOTICE_MS);
    expect(await settle(w, own.propose(flat(4n), NOW))).toMatchObject({
      error: { code: 'GATEWAY_PRICE_PENDING' },
    });
    expect(await settle(w, own.propose(flat(-1n), NOW))).toMatchObject({
      error: { code: 'GATEWAY_PRICE_INVALID' },
    });
    const later = NOW + PRICE_NOTICE_MS;
    expect(own.current(later).bulk).toBe(3n);
    const deps = { primitives, identity: gateway, store: store.reopen(), bootEpoch: 2 };
    const again = await settle(w, openOwnPrice(deps, later, flat(8n)));
    expect([again.current(later).bulk, again.next(later)]).toEqual([
      3n,
      { ...flat(8n), fromMs: later + PRICE_NOTICE_MS },
    ]);
  });

  test('a price that the store did not take is not announced', async () => {
    const w = world();
    const store = createSimStore(w, { name: 'disk' });
    const own = await settle(
      w,
      openOwnPrice({ primitives, identity: gateway, store, bootEpoch: 1 }, NOW, FREE),
    );
    store.failNextWrite('STORE_FULL');
    await expect(own.propose(flat(3n), NOW)).rejects.toMatchObject({ code: 'STORE_FULL' });
    expect(own.next(NOW)).toBeNull();
  });
});
