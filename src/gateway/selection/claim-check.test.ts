import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { believe, ClaimCheck, measuredLoad, TRUST_MIN, type Surroundings } from './claim-check.ts';
import type { GatewayClaims } from './gateway-offer.ts';
import type { Measured } from './gateway-measurement.ts';

const claims = (more: Partial<GatewayClaims> = {}): GatewayClaims => ({
  load: 0.1,
  uptime: 1,
  capacityBytesPerSecond: 1_000_000,
  transports: [],
  draining: false,
  ...more,
});

const measured = (more: Partial<Measured> = {}): Measured => ({
  roundTripMs: 10,
  jitterMs: 1,
  queueingMs: 0,
  successRate: 1,
  outcomes: 100,
  uptime: 1,
  observedMs: 600_000,
  throughput: null,
  limit: null,
  ...more,
});

const ALONE: Surroundings = { queueingMs: 0, throughput: null };

describe('what is believed', () => {
  test('is never better than the claim, nor than the measurement', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const input = fc.record({
      load: share,
      uptime: share,
      seen: share,
      queueingMs: fc.double({ min: 0, max: 500, noNaN: true }),
      limit: fc.option(fc.double({ min: 0, max: 1e9, noNaN: true })),
    });
    fc.assert(
      fc.property(input, ({ load, uptime, seen, queueingMs, limit }) => {
        const looked = measured({ queueingMs, roundTripMs: 10 + queueingMs, uptime: seen, limit });
        const believed = believe(claims({ load, uptime }), looked, ALONE);
        expect(believed.load).toBeGreaterThanOrEqual(load);
        expect(believed.load).toBeGreaterThanOrEqual(measuredLoad(looked, ALONE) ?? 1);
        expect(believed.load).toBeLessThanOrEqual(1);
        expect(believed.uptime).toBe(Math.min(uptime, seen));
        expect(believed.bandwidth).toBeLessThanOrEqual(1_000_000 * (1 - load));
        if (limit !== null) expect(believed.bandwidth).toBeLessThanOrEqual(limit);
      }),
    );
  });

  test('nothing where nothing is known', () => {
    const nothing = measured({ roundTripMs: null, queueingMs: null, uptime: null });
    expect(believe(null, nothing, ALONE)).toEqual({ load: null, uptime: null, bandwidth: null });
  });
});

function checked(said: GatewayClaims, looked: Measured, around = ALONE, times = 3): ClaimCheck {
  const check = new ClaimCheck();
  for (let i = 0; i < times; i += 1) check.check(said, looked, around);
  return check;
}

describe('a claim', () => {
  const queueing = measured({ roundTripMs: 200, queueingMs: 190 });

  test('of no load is contradicted by long queues, and not by one look', () => {
    expect(checked(claims(), queueing).contradictions.load).toBe(1);
    expect(checked(claims(), queueing).trust).toBeLessThan(1);
    expect(checked(claims(), queueing, ALONE, 2).trust).toBe(1);
    expect(checked(claims({ load: 0.9 }), queueing).trust).toBe(1);
  });

  test('of the only gateway is not judged by queues, which may be anywhere', () => {
    expect(checked(claims(), queueing, { queueingMs: null, throughput: null }).trust).toBe(1);
    const single = believe(claims(), queueing, { queueingMs: null, throughput: null });
    expect(single.load).toBe(0.1);
  });

  test('is not contradicted by queues on the way to every gateway', () => {
    expect(checked(claims(), queueing, { queueingMs: 185, throughput: null }).trust).toBe(1);
  });

  test('of uptime is contradicted by absence that was seen for long enough', () => {
    expect(checked(claims(), measured({ uptime: 0.7 })).contradictions.uptime).toBe(1);
    expect(checked(claims(), measured({ uptime: 0.7, observedMs: 5_000 })).trust).toBe(1);
    expect(checked(claims({ uptime: 0.7 }), measured({ uptime: 0.7 })).trust).toBe(1);
  });

  test('of capacity is contradicted by a limit far below it that other gateways do not have', () => {
    const limited = measured({ limit: 100_000 });
    expect(
      checked(claims(), limited, { queueingMs: 0, throughput: 500_000 }).contradictions,
    ).toEqual({ load: 0, uptime: 0, capacity: 1 });
    // The same everywhere, or unknown elsewhere: the limit may be this node's own.
    expect(checked(claims(), limited, { queueingMs: 0, throughput: 110_000 }).trust).toBe(1);
    expect(checked(claims(), limited).trust).toBe(1);
  });

  test('false again and again costs all trust but the least, and trust comes back slowly', () => {
    const check = checked(claims(), queueing, ALONE, 300);
    expect(check.trust).toBe(TRUST_MIN);
    for (let i = 0; i < 10; i += 1) check.check(claims(), measured(), ALONE);
    expect(check.trust).toBeGreaterThan(TRUST_MIN);
    expect(check.trust).toBeLessThan(0.5);
    for (let i = 0; i < 100; i += 1) check.check(claims(), measured(), ALONE);
    expect(check.trust).toBe(1);
  });
});
