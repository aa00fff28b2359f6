import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { primitives } from '../../platform/node/primitives.ts';
import { createSeededRng } from '../../sim/seeded-rng.ts';
import { DIMENSIONS, PREFERENCES, scoreOf, WEIGHTS } from './gateway-score.ts';
import { createHysteresis } from './hysteresis.ts';
import { assess, NEAR_SCORE, settleOn } from './select-best.ts';
import { DEFAULT_CRITERIA, type Candidate, type SelectionCriteria } from './selection-criteria.ts';

const rng = createSeededRng(primitives, 3, 'select');

interface Traits {
  readonly load?: number;
  readonly uptime?: number;
  readonly price?: bigint | null;
  readonly roundTripMs?: number;
  readonly bandwidth?: number;
  readonly success?: number | null;
  readonly more?: Partial<Candidate>;
}

/** A candidate with the id `name`; an ordinary one but for its traits. */
function gateway(name: number, traits: Traits = {}): Candidate {
  const { load = 0.2, uptime = 1, price = 1_000n, roundTripMs = 20 } = traits;
  const { bandwidth = 4_000_000, success = 1, more = {} } = traits;
  return {
    gateway: new Uint8Array(32).fill(name),
    claims: {
      load,
      uptime,
      capacityBytesPerSecond: bandwidth,
      transports: ['tls'],
      draining: false,
    },
    reach: 'good',
    weight: name,
    measured: {
      roundTripMs: success === null ? null : roundTripMs,
      jitterMs: 0,
      queueingMs: 0,
      successRate: success,
      outcomes: 50,
      uptime,
      observedMs: 100_000,
      throughput: null,
      limit: null,
    },
    believed: { load, uptime, bandwidth },
    trust: 1,
    pricePerMiB: price,
    ejectedMs: 0,
    silent: false,
    ...more,
  };
}

function chosen(
  candidates: readonly Candidate[],
  criteria: Partial<SelectionCriteria> = {},
): number | null {
  const assessed = assess(candidates, { ...DEFAULT_CRITERIA, ...criteria }, null);
  const key = settleOn(assessed, createHysteresis({ margin: 0.1, holdMs: 1 }), rng, 0);
  return assessed.assessments.find((one) => one.key === key)?.candidate.gateway[0] ?? null;
}

function filtersOf(
  candidate: Candidate,
  criteria: Partial<SelectionCriteria> = {},
): readonly string[] {
  const { assessments } = assess([candidate], { ...DEFAULT_CRITERIA, ...criteria }, null);
  return assessments[0]?.obstacles.map(({ filter }) => filter) ?? [];
}

describe('preferences', () => {
  const reliable = gateway(1, { roundTripMs: 60, price: 5_000n, bandwidth: 1_000_000 });
  const quick = gateway(2, { roundTripMs: 2, price: 5_000n, success: 0.96, bandwidth: 1_000_000 });
  const cheap = gateway(3, { roundTripMs: 90, price: 0n, success: 0.96, bandwidth: 1_000_000 });
  const broad = gateway(4, {
    roundTripMs: 90,
    price: 9_000n,
    success: 0.96,
    bandwidth: 900_000_000,
  });
  test.each([
    ['MostReliable', 1],
    ['LowestLatency', 2],
    ['LowestCost', 3],
    ['HighestBandwidth', 4],
  ] as const)('%s takes the best at it', (preference, name) => {
    expect(chosen([reliable, quick, cheap, broad], { preference })).toBe(name);
  });

  test('weights sum to 1, and a perfect gateway has a score of 1', () => {
    for (const preference of PREFERENCES) {
      const sum = DIMENSIONS.reduce((total, one) => total + WEIGHTS[preference][one], 0);
      expect(sum).toBeCloseTo(1, 12);
    }
    const perfect = gateway(1, { load: 0, price: 0n, roundTripMs: 0, bandwidth: 2 ** 40 });
    expect(scoreOf(perfect, 'Balanced').total).toBeCloseTo(1, 12);
  });

  test('scores lie in 0–1 and do not depend on the others', () => {
    const traits = fc.record({
      load: fc.double({ min: 0, max: 1, noNaN: true }),
      uptime: fc.double({ min: 0, max: 1, noNaN: true }),
      price: fc.option(fc.bigInt({ min: 0n, max: 10n ** 12n })),
      roundTripMs: fc.double({ min: 0, max: 1e5, noNaN: true }),
      bandwidth: fc.double({ min: 0, max: 1e12, noNaN: true }),
      success: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    });
    fc.assert(
      fc.property(traits, fc.constantFrom(...PREFERENCES), (one, preference) => {
        const { total, quality } = scoreOf(gateway(1, one), preference);
        expect(total).toBeGreaterThanOrEqual(0);
        expect(total).toBeLessThanOrEqual(1 + 1e-9);
        expect(quality).toBeLessThanOrEqual(total + 1e-12);
      }),
    );
  });

  test('what is distrusted is worth less', () => {
    const doubted = gateway(1, { more: { trust: 0.5 } });
    expect(scoreOf(doubted, 'Balanced').total).toBeCloseTo(
      scoreOf(gateway(1), 'Balanced').total / 2,
      12,
    );
  });
});

describe('filters', () => {
  test.each([
    ['load', gateway(1, { load: 0.81 }), {}],
    ['uptime', gateway(1, { uptime: 0.94 }), {}],
    ['price', gateway(1, { price: 11n }), { maxPricePerMiB: 10n }],
    ['price', gateway(1, { price: null }), { maxPricePerMiB: 10n }],
    ['transport', gateway(1), { transports: ['quic'] }],
    ['unmeasured', gateway(1, { success: null }), {}],
    ['unreachable', gateway(1, { more: { reach: 'none' } }), {}],
    ['suspect', gateway(1, { more: { reach: 'suspect' } }), {}],
    ['ejected', gateway(1, { more: { ejectedMs: 1 } }), {}],
    ['silent', gateway(1, { more: { silent: true } }), {}],
  ] as const)('%s', (filter, candidate, criteria) => {
    expect(filtersOf(candidate, criteria)).toEqual([filter]);
    expect(filtersOf(gateway(1), {})).toEqual([]);
    // An ordinary one is taken instead, however well the other scores.
    expect(
      chosen([candidate, gateway(2, { price: 9n, roundTripMs: 500 })], {
        ...criteria,
        transports: [],
        ...(filter === 'transport' ? { transports: ['tls'] } : {}),
      }),
    ).toBe(filter === 'transport' ? 1 : 2);
  });

  test('where nothing fits, what works badly is taken before what may not work, and what is too dear never', () => {
    const full = gateway(1, { load: 0.99 });
    const silent = gateway(2, { more: { silent: true } });
    const dear = gateway(3, { price: 11n });
    const criteria = { maxPricePerMiB: 10n };
    const cheap = { pricePerMiB: 1n };
    expect(chosen([{ ...full, ...cheap }, { ...silent, ...cheap }, dear], criteria)).toBe(1);
    expect(chosen([{ ...silent, ...cheap }, dear], criteria)).toBe(2);
    expect(chosen([dear], criteria)).toBeNull();
    expect(chosen([])).toBeNull();
  });

  test('of those that nothing is known of the nearest is taken', () => {
    const unknown = [3, 1, 2].map((name) => gateway(name, { success: null }));
    expect(chosen(unknown)).toBe(1);
  });

  test('the present choice may miss a bound by a little', () => {
    const held = gateway(1, { load: 0.84 });
    const { assessments } = assess([held], DEFAULT_CRITERIA, String.fromCharCode(1).repeat(32));
    expect(assessments[0]?.tier).toBe('fit');
    expect(filtersOf(held)).toEqual(['load']);
  });
});

describe('two random choices', () => {
  test('among nearly equal ones the least loaded is taken most, and the most loaded never', () => {
    const alike = [0.2, 0.25, 0.3, 0.35].map((load, i) => gateway(i + 1, { load }));
    const counts = new Map<number | null, number>();
    for (let i = 0; i < 2_000; i += 1) {
      const name = chosen(alike);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    // Of the six pairs of four the first wins three, the second two, the third one.
    for (const [name, share] of [
      [1, 3 / 6],
      [2, 2 / 6],
      [3, 1 / 6],
      [4, 0],
    ] as const) {
      const expected = 2_000 * share;
      const deviation = Math.sqrt(2_000 * share * (1 - share));
      expect(Math.abs((counts.get(name) ?? 0) - expected)).toBeLessThanOrEqual(5 * deviation);
    }
  });

  test('what is worse by more than the margin is never drawn', () => {
    const far = gateway(2, { roundTripMs: 200 });
    const gap = scoreOf(gateway(1), 'Balanced').total - scoreOf(far, 'Balanced').total;
    expect(gap).toBeGreaterThan(NEAR_SCORE);
    for (let i = 0; i < 100; i += 1) expect(chosen([gateway(1), far])).toBe(1);
  });
});
