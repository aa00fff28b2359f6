// Ants without a mesh: one source sends packets in virtual time and hears of each a round trip later. What delays, losses
// and marks packets meet is given; link state knows nothing of it.

import { assert } from '../core/assert.ts';
import { type Graph, UNREACHABLE, arcTo } from '../routing/graph/graph.ts';
import { createAntColonyPolicy } from '../routing/policies/ant-colony.ts';
import { pathArcs, searchPaths } from '../routing/policies/path-search.ts';
import { DEFAULT_CRITERIA } from '../routing/policies/route-criteria.ts';
import type { PathFeedback, RoutingView } from '../routing/policies/route-policy.ts';
import { plainView } from './plain-view.ts';
import type { SeededRng } from './seeded-rng.ts';

/** To each destination. */
const PACKETS_PER_SECOND = 20;
const FLOWS = 5;
/** When a lost packet is known to be lost. */
const TIMEOUT_MS = 1_000;
/** Round trips differ by up to this share. */
const JITTER = 0.05;
/** Of one direction of a link, where they are hidden. */
const DELAY_MIN_MS = 5;
const DELAY_SPREAD_MS = 45;
/** Of all links, where the graph says all there is to say. */
const ROUND_TRIP_PER_HOP_MS = 20;
/** A search takes whole numbers: hundredths of a millisecond. */
const SEARCH_STEPS_PER_MS = 100;
const ORACLE_SECONDS = 30;
/** Of these the last ones count. */
const ORACLE_LAST_SECONDS = 5;
const TURNS_BAD_AT_MS = 10_000;
const BAD_SECONDS = 20;
const SLOWER_MS = 1_000;
const LOSS = 0.8;
const MARKED = 0.9;
const MEMORY_SECONDS = 5;
const PAIR_TRIES_MAX = 10_000;

/** What a packet on this path meets; `null`: it is lost. */
export type Fate = (
  arcs: readonly number[],
  packet: SentPacket,
) => { readonly roundTripMs: number; readonly marked: boolean } | null;

export interface SentPacket {
  readonly atMs: number;
  readonly nodes: readonly number[];
  /** As the policy gives it: `ant` for an ant. */
  readonly reason: string;
}

export interface AntTraffic {
  readonly graph: Graph;
  readonly source: number;
  /** Each reachable, none the source; a packet goes to every one of them at a time. */
  readonly destinations: readonly number[];
  /** Virtual time. */
  readonly seconds: number;
  readonly fate: Fate;
  readonly rng: SeededRng;
}

/** All packets from warm start on, and what the policy holds at the end. */
export function sendByAnts(traffic: AntTraffic): {
  readonly sent: readonly SentPacket[];
  readonly stateBytes: number;
} {
  const { graph, source, destinations, seconds, fate, rng } = traffic;
  const policy = createAntColonyPolicy();
  let nowMs = 0;
  const view = plainView({ graph, source, nowMs: () => nowMs, rng });
  const sent: SentPacket[] = [];
  let pending: { atMs: number; feedback: PathFeedback }[] = [];
  for (let turn = 0; turn < seconds * PACKETS_PER_SECOND; turn += 1) {
    nowMs = (turn * 1000) / PACKETS_PER_SECOND;
    for (const { atMs, feedback } of pending) {
      if (atMs <= nowMs) policy.feedback(view, feedback);
    }
    pending = pending.filter(({ atMs }) => atMs > nowMs);
    for (const destination of destinations) {
      const choice = policy.choose(view, destination, turn % FLOWS, DEFAULT_CRITERIA);
      assert(choice !== null, 'the destination is connected');
      const { nodes, reason } = choice;
      const packet = { atMs: nowMs, nodes, reason };
      sent.push(packet);
      const met = fate(pathArcs(graph, nodes) ?? [], packet);
      const feedback = {
        nodes,
        delivered: met === null ? 0 : 1,
        lost: met === null ? 1 : 0,
        marked: met?.marked === true ? 1 : 0,
        roundTripMs: met?.roundTripMs ?? null,
      };
      pending.push({ atMs: nowMs + (met?.roundTripMs ?? TIMEOUT_MS), feedback });
    }
  }
  return { sent, stateBytes: policy.stateBytes };
}

/**
 * Delay by that of an oracle, mean over random pairs, where each link has a delay of its own of which its weight says
 * nothing: of the first packet, and of all packets of the last five of thirty seconds, ants included.
 */
export function antsByOracle(
  graph: Graph,
  pairs: number,
  rng: SeededRng,
): { readonly first: number; readonly last: number } {
  let [first, last] = [0, 0];
  for (let pair = 0; pair < pairs; pair += 1) {
    const delays = hiddenDelays(graph, rng);
    const { view, to } = randomPair(graph, 1, rng);
    const delayOf = (arcs: readonly number[]): number =>
      arcs.reduce((sum, arc) => sum + (delays[arc] ?? 0), 0);
    const oracle = searchPaths(view, (arc) => Math.round(SEARCH_STEPS_PER_MS * (delays[arc] ?? 0)));
    const best = (oracle.distances[to] ?? 0) / SEARCH_STEPS_PER_MS;
    const { sent } = sendByAnts({
      graph,
      source: view.source,
      destinations: [to],
      seconds: ORACLE_SECONDS,
      fate: (arcs) => ({ roundTripMs: jittered(2 * delayOf(arcs), rng), marked: false }),
      rng,
    });
    const costs = sent.map(({ nodes }) => delayOf(pathArcs(graph, nodes) ?? []) / best);
    const settled = costs.slice(-ORACLE_LAST_SECONDS * PACKETS_PER_SECOND);
    first += (costs[0] ?? 0) / pairs;
    last += settled.reduce((sum, cost) => sum + cost, 0) / settled.length / pairs;
  }
  return { first, last };
}

/** How a link turns bad: a second slower, losing most packets, or so full that it marks most. */
export const LINK_TROUBLES = ['slow', 'lossy', 'full'] as const;
export type LinkTrouble = (typeof LINK_TROUBLES)[number];

/**
 * The link in the middle of a random pair's path turns bad both ways, after ten seconds. Milliseconds from then until the
 * last packet that crosses it but is no ant, ten seconds at most; 0 if none does, `null` where there is no way round it.
 */
export function msUntilLeft(
  graph: Graph,
  trouble: LinkTrouble,
  distanceMin: number,
  rng: SeededRng,
): number | null {
  const { view, to } = randomPair(graph, distanceMin, rng);
  let bad: readonly number[] | null = null;
  const isBad = (arc: number): boolean => bad?.includes(arc) ?? false;
  const { sent } = sendByAnts({
    graph,
    source: view.source,
    destinations: [to],
    seconds: BAD_SECONDS,
    fate(arcs, { atMs, reason }) {
      // Not a link that only an ant happens to try.
      if (atMs >= TURNS_BAD_AT_MS && reason !== 'ant') {
        bad ??= bothWays(graph, arcs[arcs.length >> 1] ?? 0);
      }
      const crosses = arcs.some(isBad);
      const roundTripMs = jittered(ROUND_TRIP_PER_HOP_MS * arcs.length, rng);
      if (crosses && trouble === 'slow')
        return { roundTripMs: roundTripMs + SLOWER_MS, marked: false };
      if (crosses && trouble === 'lossy' && rng.chance(LOSS)) return null;
      return { roundTripMs, marked: crosses && trouble === 'full' && rng.chance(MARKED) };
    },
    rng,
  });
  const around = searchPaths(view, (arc) => (isBad(arc) ? Infinity : 1));
  if (around.distances[to] === UNREACHABLE) return null;
  const crossing = sent.findLast(
    ({ nodes, reason }) => reason !== 'ant' && (pathArcs(graph, nodes) ?? []).some(isBad),
  );
  return Math.max(0, (crossing?.atMs ?? 0) - TURNS_BAD_AT_MS);
}

/** What the source holds after five seconds of traffic to so many random nodes; fewer than the graph has. */
export function antStateBytes(graph: Graph, destinations: number, rng: SeededRng): number {
  const source = rng.uint32() % graph.nodes;
  const chosen = new Set<number>();
  while (chosen.size < destinations) {
    const node = rng.uint32() % graph.nodes;
    if (node !== source) chosen.add(node);
  }
  return sendByAnts({
    graph,
    source,
    destinations: [...chosen],
    seconds: MEMORY_SECONDS,
    fate: (arcs) => ({
      roundTripMs: jittered(ROUND_TRIP_PER_HOP_MS * arcs.length, rng),
      marked: false,
    }),
    rng,
  }).stateBytes;
}

function jittered(ms: number, rng: SeededRng): number {
  return ms * (1 + JITTER * rng.unit());
}

/** A delay for each link, the same both ways. */
function hiddenDelays(graph: Graph, rng: SeededRng): Float64Array {
  const delays = new Float64Array(graph.targets.length);
  for (let node = 0; node < graph.nodes; node += 1) {
    for (let arc = graph.starts[node] ?? 0; arc < (graph.ends[node] ?? 0); arc += 1) {
      const to = graph.targets[arc] ?? 0;
      if (to < node) continue;
      delays[arc] = DELAY_MIN_MS + DELAY_SPREAD_MS * rng.unit();
      delays[arcTo(graph, to, node)] = delays[arc] ?? 0;
    }
  }
  return delays;
}

function bothWays(graph: Graph, arc: number): readonly number[] {
  const from = graph.ends.findIndex((end) => arc < end);
  return [arc, arcTo(graph, graph.targets[arc] ?? 0, from)];
}

/** Two nodes that are connected, at least this far apart. */
function randomPair(
  graph: Graph,
  distanceMin: number,
  rng: SeededRng,
): { readonly view: RoutingView; readonly to: number } {
  for (let tries = 0; tries < PAIR_TRIES_MAX; tries += 1) {
    const view = plainView({ graph, source: rng.uint32() % graph.nodes, nowMs: () => 0, rng });
    const to = rng.uint32() % graph.nodes;
    const distance = view.paths.distances[to] ?? UNREACHABLE;
    if (distance !== UNREACHABLE && distance >= distanceMin) return { view, to };
  }
  assert(false, 'the graph has nodes that far apart');
}
