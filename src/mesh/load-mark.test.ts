import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { markProbability } from '../routing/congestion-marking.ts';
import { primitives } from '../platform/node/primitives.ts';
import { createSeededRng } from '../sim/seeded-rng.ts';
import { createLoadMark } from './load-mark.ts';

const CAPACITY = 1_000_000;
const BYTES = 1_000;

/** The share of marks at a load that was steady for a while, of `packets` packets. */
function shareAt(load: number, packets: number, capacity: number | null = CAPACITY): number {
  const rng = createSeededRng(primitives, 7, `load ${load}`);
  const mark = createLoadMark(0x1234_5678);
  const everyMs = (BYTES * 1000) / (load * CAPACITY);
  let marked = 0;
  const warmUp = Math.ceil(10_000 / everyMs);
  for (let i = 0; i < warmUp + packets; i += 1) {
    const isMarked = mark.leaves(BYTES, rng.uint32(), capacity, i * everyMs);
    if (isMarked && i >= warmUp) marked += 1;
  }
  return marked / packets;
}

describe('marks by load', () => {
  test.each([0.3, 0.6, 0.8, 0.9, 1])('at a load of %f the share is what the price says', (load) => {
    const packets = 20_000;
    const expected = markProbability(load);
    // Four standard deviations, and what the average of the load leaves.
    const within = 4 * Math.sqrt((expected * (1 - expected)) / packets) + 0.01;
    expect(Math.abs(shareAt(load, packets) - expected)).toBeLessThan(within);
  });

  test('none where the capacity is not known', () => {
    expect(shareAt(1, 5_000, null)).toBe(0);
  });

  test('a capacity seen once counts for ten minutes', () => {
    const mark = createLoadMark(1);
    mark.leaves(BYTES, 0, 1_000, 0);
    const share = (fromMs: number): number => {
      let marked = 0;
      for (let i = 0; i < 200; i += 1) if (mark.leaves(BYTES, i, null, fromMs + i)) marked += 1;
      return marked / 200;
    };
    expect(share(60_000)).toBeGreaterThan(0.9);
    expect(share(11 * 60_000)).toBe(0);
  });

  test('two links draw independently of each other', () => {
    const rng = createSeededRng(primitives, 3, 'links');
    const [one, other] = [createLoadMark(1), createLoadMark(2)];
    let [both, ones, others] = [0, 0, 0];
    const packets = 20_000;
    for (let i = 0; i < packets; i += 1) {
      const id = rng.uint32();
      const a = one.leaves(BYTES, id, 1_176_470, i);
      const b = other.leaves(BYTES, id, 1_176_470, i);
      if (a) ones += 1;
      if (b) others += 1;
      if (a && b) both += 1;
    }
    const expected = (ones * others) / packets;
    expect(Math.abs(both - expected)).toBeLessThan(5 * Math.sqrt(expected));
  });

  test('whatever comes, the same comes of it again', () => {
    const packets = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 65_000 }), fc.nat({ max: 50 })));
    fc.assert(
      fc.property(fc.nat(), packets, (salt, list) => {
        const run = (): boolean[] => {
          const mark = createLoadMark(salt);
          let nowMs = 0;
          return list.map(([id, bytes, waitMs]) =>
            mark.leaves(bytes, id, 50_000, (nowMs += waitMs)),
          );
        };
        expect(run()).toEqual(run());
      }),
    );
  });
});
