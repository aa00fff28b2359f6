import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createProofDemand, DEMAND_BITS_MIN } from './proof-demand.ts';

const QUIET = { halfOpen: 0, dials: 0, delay: 0 };
const BITS_MAX = 16;

test('is nothing or within its bounds, whatever the load does', () => {
  const load = fc.double({ min: 0, max: 3, noNaN: true });
  const steps = fc.array(fc.tuple(fc.nat(2_000), load), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (steps) => {
      const demand = createProofDemand(() => BITS_MAX);
      let nowMs = 0;
      for (const [ms, halfOpen] of steps) {
        nowMs += ms;
        demand.observe({ ...QUIET, halfOpen }, nowMs);
        expect(demand.bits === 0 || demand.bits >= DEMAND_BITS_MIN).toBe(true);
        expect(demand.bits).toBeLessThanOrEqual(BITS_MAX);
      }
    }),
  );
});

test('rises with any kind of load, bit by bit, and ends some time after it', () => {
  for (const load of [
    { ...QUIET, halfOpen: 1 },
    { ...QUIET, dials: 1 },
    { ...QUIET, dials: 0.1, delay: 1 },
  ]) {
    const demand = createProofDemand(() => BITS_MAX);
    const seen = new Set<number>();
    for (let nowMs = 0; nowMs < 10_000; nowMs += 250) {
      demand.observe(load, nowMs);
      seen.add(demand.bits);
    }
    expect([...seen]).toEqual([10, 11, 12, 13, 14, 15, 16]);
    demand.observe(QUIET, 10_000);
    demand.observe(QUIET, 14_000);
    expect(demand.bits).toBe(BITS_MAX);
    for (let nowMs = 14_000; nowMs < 30_000; nowMs += 250) demand.observe(QUIET, nowMs);
    expect(demand.bits).toBe(0);
  }
});

test('does not rise because the machine is slow, without strangers who could be the reason', () => {
  const demand = createProofDemand(() => BITS_MAX);
  for (let nowMs = 0; nowMs < 10_000; nowMs += 250) {
    demand.observe({ halfOpen: 0.05, dials: 0.05, delay: 10 }, nowMs);
    expect(demand.bits).toBe(0);
  }
});

test('does not flutter: between the two bounds it stays as it is', () => {
  const demand = createProofDemand(() => BITS_MAX);
  demand.observe({ ...QUIET, halfOpen: 1 }, 0);
  for (let nowMs = 0; nowMs < 60_000; nowMs += 100) {
    demand.observe({ ...QUIET, halfOpen: 0.4 }, nowMs);
    expect(demand.bits).toBe(DEMAND_BITS_MIN);
  }
});

test('asks nothing where nothing may be asked, and less once less may be', () => {
  let bitsMax = 0;
  const demand = createProofDemand(() => bitsMax);
  demand.observe({ ...QUIET, halfOpen: 1 }, 0);
  expect(demand.bits).toBe(0);
  bitsMax = 16;
  for (let nowMs = 0; nowMs < 10_000; nowMs += 500) demand.observe({ ...QUIET, dials: 1 }, nowMs);
  bitsMax = 12;
  expect(demand.bits).toBe(12);
});
