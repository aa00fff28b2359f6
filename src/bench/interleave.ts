// In what order contenders are measured. Each round measures all of them in a random order, and the round after it in the
// reverse order (ABBA): what drifts with time, such as the clock rate, then meets all alike, and nobody always follows the
// one that empties the caches.

import type { Rng } from '../env/rng.ts';

/** For each round the contenders 0 … `contenders` − 1 in the order in which to measure them. */
export function roundOrders(
  contenders: number,
  rounds: number,
  rng: Rng,
): readonly (readonly number[])[] {
  const orders: (readonly number[])[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = orders[round - 1];
    orders.push(
      round % 2 === 1 && before !== undefined ? before.toReversed() : shuffled(contenders, rng),
    );
  }
  return orders;
}

/** Fisher and Yates. */
function shuffled(count: number, rng: Rng): readonly number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = Math.floor((rng.uint32() / 2 ** 32) * (last + 1));
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
}
