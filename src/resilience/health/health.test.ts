import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Clock } from '../../env/clock.ts';
import { CATEGORIES, type CategoryJudgement } from './category.ts';
import {
  ABSENCE_HALF_LIFE_MS,
  judgeConnectivity,
  SPARE_WAYS_SHARE,
  WITHOUT_BRIDGES_SHARE,
  type ConnectivityObservation,
} from './connectivity.ts';
import { HealthJudge } from './health-judge.ts';
import { CATEGORY_WEIGHTS, CRITICAL_BELOW, DEGRADED_BELOW, healthOf } from './health-score.ts';
import { BASELINES_MAX, type LinkRoundTrip } from './latency.ts';
import { PACKETS_MIN } from './throughput.ts';
import { TOLERATED_PER_HOUR } from './stability.ts';

function handClock(): Clock & { nowMs: number } {
  const clock = {
    nowMs: 0,
    now: () => clock.nowMs,
    wallMs: () => clock.nowMs,
    after: () => ({ cancel: () => {} }),
  };
  return clock;
}

function judged(scores: readonly (number | null)[]): readonly CategoryJudgement[] {
  return CATEGORIES.map((name, index) => ({ name, score: scores[index] ?? null, why: name }));
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
const shares = fc.tuple(share, share, share, share);

function levelAt(score: number): string {
  return healthOf(judged([score, score, score, score])).level;
}

function link(roundTripMs: number | null, name = 'a'): LinkRoundTrip {
  return { link: name, name, roundTripMs };
}

describe('the score', () => {
  test('its weights sum to one', () => {
    const sum = Object.values(CATEGORY_WEIGHTS).reduce((a, b) => a + b, 0);
    expect(sum).toBeCloseTo(1, 12);
  });

  test('lies between its least and its greatest category', () => {
    fc.assert(
      fc.property(shares, (scores) => {
        const { score } = healthOf(judged(scores));
        expect(score).toBeGreaterThanOrEqual(Math.min(...scores) - 1e-9);
        expect(score).toBeLessThanOrEqual(Math.max(...scores) + 1e-9);
      }),
    );
  });

  test('is zero where a category is', () => {
    fc.assert(
      fc.property(shares, fc.nat(3), (scores, index) => {
        expect(healthOf(judged(scores.with(index, 0))).score).toBe(0);
      }),
    );
  });

  test('never falls when a category rises', () => {
    fc.assert(
      fc.property(shares, fc.nat(3), share, (scores, index, other) => {
        const [low, high] = [
          Math.min(scores[index] ?? 0, other),
          Math.max(scores[index] ?? 0, other),
        ];
        const worse = healthOf(judged(scores.with(index, low))).score;
        expect(healthOf(judged(scores.with(index, high))).score).toBeGreaterThanOrEqual(worse);
      }),
    );
  });

  test('the weighted geometric mean, worked out by hand', () => {
    // 0.25^0.4 · 0.5^0.15 · 0.8^0.25 · 0.9^0.2, in python3.
    expect(healthOf(judged([0.25, 0.5, 0.8, 0.9])).score).toBeCloseTo(0.479339, 6);
    // Without throughput: (0.25^0.4 · 0.5^0.15 · 0.9^0.2)^(1/0.75).
    expect(healthOf(judged([0.25, 0.5, null, 0.9])).score).toBeCloseTo(0.404104, 6);
  });

  test('the worst category is the one that costs most, not the one that is lowest', () => {
    // ln 0.5 · 0.15 = −0.104; ln 0.7 · 0.4 = −0.143.
    expect(healthOf(judged([0.7, 0.5, 1, 1])).worst?.name).toBe('connectivity');
    expect(healthOf(judged([0.9, 0.5, 1, 1])).worst?.name).toBe('latency');
    expect(healthOf(judged([1, 1, 1, 1])).worst).toBeNull();
  });

  test('a node that has nothing to measure lacks nothing', () => {
    expect(healthOf(judged([null, null, null, null]))).toMatchObject({
      score: 1,
      level: 'healthy',
    });
  });

  test('levels change at their bounds', () => {
    expect(levelAt(DEGRADED_BELOW + 1e-9)).toBe('healthy');
    expect(levelAt(DEGRADED_BELOW - 1e-9)).toBe('degraded');
    expect(levelAt(CRITICAL_BELOW - 1e-9)).toBe('critical');
  });
});

describe('connectivity', () => {
  const whole: ConnectivityObservation = {
    neighbours: 3,
    wantedNeighbours: 3,
    reachable: 9,
    awayMs: [],
    bridges: 0,
    wantedBridges: 0,
    ways: [3, 3],
    waysMax: 3,
  };

  test('is one where everybody is reached along all ways', () => {
    expect(judgeConnectivity(whole).score).toBe(1);
  });

  test('a member that has just gone counts whole, after an hour half', () => {
    expect(judgeConnectivity({ ...whole, awayMs: [0] }).score).toBeCloseTo(0.9, 12);
    const later = judgeConnectivity({ ...whole, awayMs: [ABSENCE_HALF_LIFE_MS] });
    expect(later.score).toBeCloseTo(9 / 9.5, 12);
  });

  test('a single way to everywhere costs the spare share', () => {
    expect(judgeConnectivity({ ...whole, ways: [1, 1] }).score).toBeCloseTo(1 - SPARE_WAYS_SHARE);
    expect(judgeConnectivity({ ...whole, ways: [1], waysMax: 1 }).score).toBe(1);
  });

  test('without a link it is zero, where anybody is known or wanted', () => {
    expect(judgeConnectivity({ ...whole, neighbours: 0 }).score).toBe(0);
    const lonely = { ...whole, neighbours: 0, reachable: 0, ways: [] };
    expect(judgeConnectivity(lonely).score).toBe(0);
    expect(judgeConnectivity({ ...lonely, wantedNeighbours: 0 }).score).toBeNull();
  });

  test('a gateway without a bridge has half of what it is for, alone nothing', () => {
    const gateway = { ...whole, wantedBridges: 2 };
    expect(judgeConnectivity({ ...gateway, bridges: 1 }).score).toBe(1);
    const apart = judgeConnectivity(gateway);
    expect(apart.score).toBe(WITHOUT_BRIDGES_SHARE);
    expect(apart.why).toContain('no bridge to another mesh');
    const alone = { ...gateway, neighbours: 0, wantedNeighbours: 0, reachable: 0, ways: [] };
    expect(judgeConnectivity({ ...alone, bridges: 1 }).score).toBe(1);
    expect(judgeConnectivity(alone).score).toBe(0);
  });

  test('stays within bounds', () => {
    const count = fc.nat(50);
    const observation = fc.record({
      neighbours: count,
      wantedNeighbours: count,
      reachable: count,
      awayMs: fc.array(fc.double({ min: 0, max: 1e9, noNaN: true })),
      bridges: count,
      wantedBridges: count,
      ways: fc.array(fc.integer({ min: 1, max: 3 })),
      waysMax: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(observation, (seen) => {
        const { score } = judgeConnectivity({
          ...seen,
          ways: seen.ways.map((ways) => Math.min(ways, seen.waysMax)),
        });
        if (score === null) return;
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('what is measured', () => {
  const alone = {
    neighbours: 0,
    wantedNeighbours: 0,
    reachable: 0,
    awayMs: [],
    bridges: 0,
    wantedBridges: 0,
    ways: [],
    waysMax: 3,
    links: [],
  };

  function categories(judge: HealthJudge, links = alone.links as readonly LinkRoundTrip[]) {
    const { categories: all } = judge.judge({ ...alone, links });
    return Object.fromEntries(all.map((one) => [one.name, one]));
  }
  test('a round trip counts against its own baseline', () => {
    const judge = new HealthJudge(handClock());
    expect(categories(judge, [link(null)])['latency']?.score).toBeNull();
    expect(categories(judge, [link(100)])['latency']?.score).toBe(1);
    expect(categories(judge, [link(200)])['latency']?.score).toBe(1);
    // (2 · 100 + 10) / 840
    const slow = categories(judge, [link(840)])['latency'];
    expect(slow?.score).toBeCloseTo(0.25, 12);
    expect(slow?.why).toContain('a takes 840.0 ms, at best 100.0 ms');
  });

  test('a way that has become longer for good is normal after two hours', () => {
    const clock = handClock();
    const judge = new HealthJudge(clock);
    categories(judge, [link(10)]);
    for (; clock.nowMs < 2.1 * 3_600_000; clock.nowMs += 5_000) categories(judge, [link(500)]);
    expect(categories(judge, [link(500)])['latency']?.score).toBe(1);
  });

  test('baselines are bounded, and the one used longest ago goes first', () => {
    const judge = new HealthJudge(handClock());
    categories(judge, [link(1, 'first')]);
    const many = Array.from({ length: BASELINES_MAX }, (_, index) => link(1, `n${index}`));
    categories(judge, many);
    // Forgotten, so what it takes now is its baseline.
    expect(categories(judge, [link(1_000, 'first')])['latency']?.score).toBe(1);
    expect(categories(judge, [link(1_000, 'n1')])['latency']?.score).toBeLessThan(0.1);
  });

  test('a few packets say nothing, then the share that got on counts, and is forgotten', () => {
    const clock = handClock();
    const judge = new HealthJudge(clock);
    judge.throughput.reported(PACKETS_MIN - 2, 1);
    expect(categories(judge)['throughput']?.score).toBeNull();
    judge.throughput.reported(0, 1);
    expect(categories(judge)['throughput']?.score).toBeCloseTo(1 - 2 / PACKETS_MIN, 12);
    judge.throughput.passedOn(2 * PACKETS_MIN);
    judge.throughput.refused(PACKETS_MIN);
    expect(categories(judge)['throughput']?.score).toBeCloseTo(28 / 40, 12);
    clock.nowMs += 300_000;
    expect(categories(judge)['throughput']?.score).toBeNull();
  });

  test('at the tolerated rate of disturbances stability is at half', () => {
    const clock = handClock();
    const judge = new HealthJudge(clock);
    expect(categories(judge)['stability']?.score).toBe(1);
    const everyMs = 3_600_000 / TOLERATED_PER_HOUR;
    for (let i = 0; i < 100; i += 1) {
      clock.nowMs += everyMs;
      if (i % 2 === 0) judge.stability.flapped();
      else judge.stability.suspected();
    }
    clock.nowMs += everyMs / 2;
    expect(categories(judge)['stability']?.score).toBeCloseTo(0.5, 2);
  });
});
