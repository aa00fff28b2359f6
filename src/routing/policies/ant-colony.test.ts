import { describe, expect, test } from 'vitest';
import { policySuite } from '../../../test/suites/policy.suite.ts';
import { realTopologies, viewOfTopology } from '../../../test/suites/real-topologies.ts';
import { gridOf, viewOf } from '../../../test/suites/routing-view.ts';
import { LINK_TROUBLES, antsByOracle, msUntilLeft, sendByAnts } from '../../sim/ant-experiment.ts';
import { type SeededRng, createXoshiro128 } from '../../sim/seeded-rng.ts';
import { ACTIVE_DESTINATIONS_MAX, createAntColonyPolicy } from './ant-colony.ts';
import { DEFAULT_CRITERIA } from './route-criteria.ts';

policySuite('ant-colony', createAntColonyPolicy);

/** Four hops: then the way round a full link is the better one. */
const DISTANCE_MIN = 400;

function randomOf(seed: number): SeededRng {
  return createXoshiro128(new Uint8Array(16).fill(seed));
}

describe('ant-colony', () => {
  test('comes within 5 % of an oracle in 30 s, though link state knows no delays', () => {
    const { first, last } = antsByOracle(gridOf(8), 12, randomOf(7));
    expect(first).toBeGreaterThan(1.1);
    expect(last).toBeLessThanOrEqual(1.05);
    for (const { name, topology } of realTopologies(
      /^(Geant2012\.graphml|freifunk-leipzig\.json)$/,
    )) {
      const { graph } = viewOfTopology(topology, 100);
      expect(antsByOracle(graph, 12, randomOf(7)).last, name).toBeLessThanOrEqual(1.05);
    }
  });

  test.each(LINK_TROUBLES)('leaves a link that turns %s within 5 s', (trouble) => {
    for (let seed = 1; seed <= 8; seed += 1) {
      const left = msUntilLeft(gridOf(8), trouble, DISTANCE_MIN, randomOf(seed));
      expect(left).toBeLessThanOrEqual(5_000);
      expect(left).toBeGreaterThan(0);
    }
  });

  test('finds the way round a bad link of a sparse mesh, where that is long', () => {
    for (const { name, topology } of realTopologies(/^freifunk-leipzig\.json$/)) {
      const { graph } = viewOfTopology(topology, 100);
      for (const trouble of ['slow', 'lossy'] as const) {
        for (let seed = 1; seed <= 20; seed += 1) {
          const left = msUntilLeft(graph, trouble, DISTANCE_MIN, randomOf(seed)) ?? 0;
          expect(left, `${name}, seed ${seed}`).toBeLessThanOrEqual(5_000);
        }
      }
    }
  });

  test('few packets are ants', () => {
    const { sent } = sendByAnts({
      graph: gridOf(8),
      source: 0,
      destinations: [63],
      seconds: 60,
      fate: (arcs) => ({ roundTripMs: 20 * arcs.length, marked: false }),
      rng: randomOf(1),
    });
    const ants = sent.filter(({ reason }) => reason === 'ant').length;
    expect(ants).toBeGreaterThan(20);
    expect(ants).toBeLessThan(sent.length / 8);
  });

  test('holds memory in proportion to active destinations, up to its bound, and forgets idle ones', () => {
    const view = viewOf(gridOf(16), 0);
    const policy = createAntColonyPolicy();
    const empty = policy.stateBytes;
    const ask = (first: number, count: number): number => {
      for (let to = first; to < first + count; to += 1)
        policy.choose(view, to, 1, DEFAULT_CRITERIA);
      return policy.stateBytes - empty;
    };
    const perTrail = 120 + 8 * 64;
    expect(ask(1, 32)).toBeLessThan(32 * 3 * perTrail);
    expect(ask(33, 32)).toBeLessThan(64 * 3 * perTrail);
    expect(ask(65, 190)).toBeLessThan(ACTIVE_DESTINATIONS_MAX * 3 * perTrail);
    view.nowMs += 61_000;
    expect(ask(1, 1)).toBeLessThan(3 * perTrail);
  });
});
