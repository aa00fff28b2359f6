import fc from 'fast-check';
import { expect, test } from 'vitest';
import { roundOrders } from './interleave.ts';
import { benchRng } from './seed.ts';

test('each round has each contender once, and every second one is the one before in reverse', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 7 }), fc.nat(20), fc.nat(), (count, rounds, seed) => {
      const orders = roundOrders(count, rounds, benchRng(seed, 'order'));
      expect(orders).toHaveLength(rounds);
      for (const [round, order] of orders.entries()) {
        expect(order.toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: count }, (_, index) => index),
        );
        if (round % 2 === 1) expect(order).toEqual(orders[round - 1]?.toReversed());
      }
    }),
  );
});

test('a cost that grows with time meets all contenders alike', () => {
  // Over two rounds the places of a contender sum up to the same for all.
  const orders = roundOrders(4, 20, benchRng(3, 'order'));
  const places = [0, 1, 2, 3].map((contender) =>
    orders.reduce((sum, order, round) => sum + round * 4 + order.indexOf(contender), 0),
  );
  expect(new Set(places).size).toBe(1);
});

test('each contender comes first in its share of rounds', () => {
  const orders = roundOrders(3, 3000, benchRng(4, 'order'));
  for (const contender of [0, 1, 2]) {
    const first = orders.filter(([leader]) => leader === contender).length;
    expect(first).toBeGreaterThan(900);
    expect(first).toBeLessThan(1100);
  }
});

test('the seed decides', () => {
  expect(roundOrders(5, 10, benchRng(1, 'order'))).toEqual(
    roundOrders(5, 10, benchRng(1, 'order')),
  );
  expect(roundOrders(5, 10, benchRng(1, 'order'))).not.toEqual(
    roundOrders(5, 10, benchRng(2, 'order')),
  );
});
