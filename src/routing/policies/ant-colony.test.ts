import { describe, expect, test } from 'vitest';
import { policySuite } from '../../../test/suites/policy.suite.ts';
import { realTopologies, viewOfTopology } from '../../../test/suites/real-topologies.ts';
import { type TestView, gridOf, viewOf } from '../../../test/suites/routing-view.ts';
import { type SeededRng, createXoshiro128 } from '../../sim/seeded-rng.ts';
import { type Graph, UNREACHABLE, arcTo } from '../graph/graph.ts';
import { ACTIVE_DESTINATIONS_MAX, createAntColonyPolicy } from './ant-colony.ts';
import { pathArcs, searchPaths } from './path-search.ts';
import { DEFAULT_CRITERIA } from './route-criteria.ts';
import type { PathFeedback } from './route-policy.ts';

policySuite('ant-colony', createAntColonyPolicy);

const PACKETS_PER_SECOND = 20;
const FLOWS = 5;
/** When a lost packet is known to be lost. */
const TIMEOUT_MS = 1_000;

/** Four hops: then the way round a full link is the better one. */
const DISTANCE_MIN = 400;

/** What a packet on this path meets; `null`: it is lost. */
type Fate = (arcs: readonly number[], nowMs: number) => { rttMs: number; marked: boolean } | null;

interface Sent {
  readonly atMs: number;
  readonly nodes: readonly number[];
  readonly reason: string;
}

/** A source that sends to one destination from warm start on, and hears of each packet a round trip later. */
function send(view: TestView, destination: number, seconds: number, fate: Fate): Sent[] {
  const policy = createAntColonyPolicy();
  const sent: Sent[] = [];
  let pending: { atMs: number; feedback: PathFeedback }[] = [];
  for (let i = 0; i < seconds * PACKETS_PER_SECOND; i += 1) {
    view.nowMs = (i * 1000) / PACKETS_PER_SECOND;
    for (const { atMs, feedback } of pending) {
      if (atMs <= view.nowMs) policy.feedback(view, feedback);
    }
    pending = pending.filter(({ atMs }) => atMs > view.nowMs);
    const choice = policy.choose(view, destination, i % FLOWS, DEFAULT_CRITERIA);
    if (choice === null) throw new Error('the destination is connected');
    const { nodes, reason } = choice;
    sent.push({ atMs: view.nowMs, nodes, reason });
    const met = fate(pathArcs(view.graph, nodes) ?? [], view.nowMs);
    const feedback = {
      nodes,
      delivered: met === null ? 0 : 1,
      lost: met === null ? 1 : 0,
      marked: met?.marked === true ? 1 : 0,
      roundTripMs: met?.rttMs ?? null,
    };
    pending.push({ atMs: view.nowMs + (met?.rttMs ?? TIMEOUT_MS), feedback });
  }
  return sent;
}

function randomOf(seed: number): SeededRng {
  return createXoshiro128(new Uint8Array(16).fill(seed));
}

/** A delay for each link, the same both ways, of which its weight says nothing. */
function hiddenDelays(graph: Graph, delayMs: () => number): Float64Array {
  const delays = new Float64Array(graph.targets.length);
  for (let node = 0; node < graph.nodes; node += 1) {
    for (let arc = graph.starts[node] ?? 0; arc < (graph.ends[node] ?? 0); arc += 1) {
      const to = graph.targets[arc] ?? 0;
      if (to < node) continue;
      delays[arc] = delayMs();
      delays[arcTo(graph, to, node)] = delays[arc] ?? 0;
    }
  }
  return delays;
}

/** Two nodes that are connected, at least this far apart. */
function randomPair(
  graph: Graph,
  rng: SeededRng,
  distanceMin: number,
): { view: TestView; to: number } {
  for (;;) {
    const view = viewOf(graph, rng.uint32() % graph.nodes, rng.uint32());
    const to = rng.uint32() % graph.nodes;
    const distance = view.paths.distances[to] ?? UNREACHABLE;
    if (distance !== UNREACHABLE && distance >= distanceMin) return { view, to };
  }
}

/** Mean delay of all packets of the last five of thirty seconds, ants included, by that of an oracle, over `pairs`. */
function againstOracle(graph: Graph, pairs: number): { atFirst: number; atLast: number } {
  const rng = randomOf(7);
  let [atFirst, atLast] = [0, 0];
  for (let pair = 0; pair < pairs; pair += 1) {
    const delays = hiddenDelays(graph, () => 5 + 45 * rng.unit());
    const { view, to } = randomPair(graph, rng, 1);
    const delayOf = (arcs: readonly number[]): number =>
      arcs.reduce((sum, arc) => sum + (delays[arc] ?? 0), 0);
    const oracle = searchPaths(view, (arc) => Math.round(100 * (delays[arc] ?? 0)));
    const best = (oracle.distances[to] ?? 0) / 100;
    const sent = send(view, to, 30, (arcs) => ({
      rttMs: 2 * delayOf(arcs) * (1 + 0.05 * rng.unit()),
      marked: false,
    }));
    const costs = sent.map(({ nodes }) => delayOf(pathArcs(graph, nodes) ?? []) / best);
    const last = costs.slice(-5 * PACKETS_PER_SECOND);
    atFirst += (costs[0] ?? 0) / pairs;
    atLast += last.reduce((sum, cost) => sum + cost, 0) / last.length / pairs;
  }
  return { atFirst, atLast };
}

/**
 * After ten seconds the link in the middle of the path turns bad, either way, if there is a way round it. How many packets
 * other than ants still cross it more than five seconds later.
 */
function stragglers(graph: Graph, kind: 'slow' | 'lossy' | 'full', seed: number): number {
  const rng = randomOf(seed);
  const { view, to } = randomPair(graph, rng, DISTANCE_MIN);
  const turnsAtMs = 10_000;
  let bad: readonly number[] | null = null;
  const isBad = (arc: number): boolean => bad?.includes(arc) ?? false;
  const sent = send(view, to, 20, (arcs, nowMs) => {
    if (nowMs >= turnsAtMs && bad === null) {
      const arc = arcs[arcs.length >> 1] ?? 0;
      const from = graph.ends.findIndex((end) => arc < end);
      bad = [arc, arcTo(graph, graph.targets[arc] ?? 0, from)];
      const around = searchPaths(view, (arc) => (isBad(arc) ? Infinity : 1));
      if (around.distances[to] === UNREACHABLE) bad = [];
    }
    const crosses = arcs.some(isBad);
    const rttMs = 20 * arcs.length * (1 + 0.05 * rng.unit());
    if (crosses && kind === 'slow') return { rttMs: rttMs + 1_000, marked: false };
    if (crosses && kind === 'lossy' && rng.chance(0.8)) return null;
    return { rttMs, marked: crosses && kind === 'full' && rng.chance(0.9) };
  });
  return sent.filter(
    ({ atMs, nodes, reason }) =>
      atMs > turnsAtMs + 5_000 && reason !== 'ant' && (pathArcs(graph, nodes) ?? []).some(isBad),
  ).length;
}

describe('ant-colony', () => {
  test('comes within 5 % of an oracle in 30 s, though link state knows no delays', () => {
    const { atFirst, atLast } = againstOracle(gridOf(8), 12);
    expect(atFirst).toBeGreaterThan(1.1);
    expect(atLast).toBeLessThanOrEqual(1.05);
    for (const { name, topology } of realTopologies(
      /^(Geant2012\.graphml|freifunk-leipzig\.json)$/,
    )) {
      const { graph } = viewOfTopology(topology, 100);
      expect(againstOracle(graph, 12).atLast, name).toBeLessThanOrEqual(1.05);
    }
  });

  test.each(['slow', 'lossy', 'full'] as const)(
    'leaves a link that turns %s within 5 s',
    (kind) => {
      for (let seed = 1; seed <= 8; seed += 1) {
        expect(stragglers(gridOf(8), kind, seed)).toBe(0);
      }
    },
  );

  test('finds the way round a bad link of a sparse mesh, where that is long', () => {
    for (const { name, topology } of realTopologies(/^freifunk-leipzig\.json$/)) {
      const { graph } = viewOfTopology(topology, 100);
      for (const kind of ['slow', 'lossy'] as const) {
        for (let seed = 1; seed <= 20; seed += 1) {
          expect(stragglers(graph, kind, seed), `${name}, seed ${seed}`).toBe(0);
        }
      }
    }
  });

  test('few packets are ants', () => {
    const sent = send(viewOf(gridOf(8), 0), 63, 60, (arcs) => ({
      rttMs: 20 * arcs.length,
      marked: false,
    }));
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
