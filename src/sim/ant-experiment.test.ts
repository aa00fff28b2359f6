import { describe, expect, test } from 'vitest';
import { graphOf, gridOf } from '../../test/suites/routing-view.ts';
import { antStateBytes, antsByOracle, msUntilLeft, sendByAnts } from './ant-experiment.ts';
import { type SeededRng, createXoshiro128 } from './seeded-rng.ts';

const line = graphOf(
  6,
  Array.from({ length: 5 }, (_, a) => ({ a, b: a + 1, there: 100, back: 100 })),
);

function seeded(): SeededRng {
  return createXoshiro128(new Uint8Array(16).fill(1));
}

function sendToTwo(): ReturnType<typeof sendByAnts> {
  return sendByAnts({
    graph: gridOf(4),
    source: 0,
    destinations: [5, 15],
    seconds: 2,
    fate: (arcs) => ({ roundTripMs: 20 * arcs.length, marked: false }),
    rng: seeded(),
  });
}

describe('the experiment with ants', () => {
  test('where there is one way only, nobody does better or gets round a bad link', () => {
    const { first, last } = antsByOracle(line, 3, seeded());
    // The oracle counts hundredths of a millisecond.
    expect(first).toBeCloseTo(1, 3);
    expect(last).toBeCloseTo(1, 3);
    expect(msUntilLeft(line, 'slow', 400, seeded())).toBe(null);
  });

  test('a link that is bad from one packet on is crossed at least until that is known', () => {
    const left = msUntilLeft(gridOf(6), 'slow', 400, seeded()) ?? 0;
    // A second later than usual the first packet comes back; a flow sends every 250 ms.
    expect(left).toBeGreaterThanOrEqual(750);
    expect(left).toBeLessThan(9_000);
  });

  test('sends to every destination twenty times a second, the same from the same seed', () => {
    const { sent, stateBytes } = sendToTwo();
    expect(sent.filter(({ nodes }) => nodes.at(-1) === 15)).toHaveLength(40);
    expect(sent).toHaveLength(80);
    expect(sendToTwo()).toEqual({ sent, stateBytes });
  });

  test('more destinations take more memory', () => {
    const few = antStateBytes(gridOf(8), 4, seeded());
    expect(few).toBeGreaterThan(0);
    expect(antStateBytes(gridOf(8), 8, seeded())).toBeGreaterThan(few);
  });
});
