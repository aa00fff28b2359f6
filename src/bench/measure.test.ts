import { expect, test } from 'vitest';
import { measure, nanosecondsPer, processorNanosecondsPer } from './measure.ts';
import { benchRng } from './seed.ts';

test('all contenders take their turn in each round, and warm-up does not count', async () => {
  const turns: string[] = [];
  const contender = <Name extends string>(name: Name, cost: number) => ({
    name,
    round: (round: number) => {
      turns.push(`${round}${name}`);
      return cost + round;
    },
  });
  const samples = await measure(
    [
      contender('a', 100),
      { name: 'b', round: async (round: number) => contender('b', 200).round(round) },
    ],
    { rounds: 3, warmUpRounds: 2 },
    benchRng(1, 'order'),
  );
  expect(samples).toEqual({
    a: Float64Array.of(102, 103, 104),
    b: Float64Array.of(202, 203, 204),
  });
  expect(turns).toHaveLength(10);
  for (const round of [0, 1, 2, 3, 4]) {
    const both = turns.slice(2 * round, 2 * round + 2).toSorted();
    expect(both).toEqual([`${round}a`, `${round}b`]);
  }
});

test.each([nanosecondsPer, processorNanosecondsPer])('a cost is per unit of work', (costOf) => {
  let calls = 0;
  // Long enough for a clock that steps by 4 ms.
  const cost = costOf(1000, () => {
    for (let i = 0; i < 3e7; i += 1) calls += i % 3;
  });
  expect(calls).toBe(3e7);
  expect(cost).toBeGreaterThan(0);
});
