// Routing by ants, at the source (after AntNet: Di Caro and Dorigo 1998, and AntHocNet: Di Caro, Ducatelle and Gambardella
// 2005; pheromone lies on a few whole paths as in population-based ACO: Guntsch and Middendorf 2002). Only destinations
// in use have trails, first those of link state. What comes back reinforces a trail by how good it was; in time pheromone
// evaporates. Flows share the trails by pheromone, so steeply that only near-best ones carry any. One packet in
// `PACKETS_PER_ANT` at most is an ant: it walks from node to node by pheromone and by what the rest of the way should
// cost, visits none twice, and where it proves better its path becomes a trail.
//
// What a trail costs is what its packets say: delay, losses and marks. So a link that turns bad without link state knowing
// is left; delays of single links follow from the paths that share them, so that the ants know where else it would bite.

import { NONE, UNREACHABLE, arcTo } from '../graph/graph.ts';
import { createPathTomography } from '../path-tomography.ts';
import { createDijkstraPolicy } from './dijkstra.ts';
import { diversePaths } from './diverse-paths.ts';
import { isUsable, pathWeight, searchPaths } from './path-search.ts';
import { rejectedFor } from './rejection.ts';
import type {
  PathChoice,
  PathFeedback,
  RouteCriteria,
  RoutePolicy,
  RoutingView,
} from './route-policy.ts';
import { pathKey, rendezvous } from './weighted-rendezvous.ts';

/** Destinations with trails; beyond it the one used longest ago is forgotten. */
export const ACTIVE_DESTINATIONS_MAX = 128;
/** Unused for this long, a destination's trails are forgotten. */
const IDLE_MS = 60_000;
const TRAILS_MAX = 6;
/** Trails laid from link state when a destination comes into use. */
const TRAILS_FIRST = 3;
/** At most one packet in so many is an ant, and in all no more than one in `ANT_INTERVAL_MS`: each costs a search. */
const PACKETS_PER_ANT = 20;
/** A young colony, or one whose best trail has turned bad, sends more of them, until so many are under way. */
const PACKETS_PER_YOUNG_ANT = 4;
const YOUNG_ANTS = 40;
/** So much dearer at once, and a trail has turned bad. */
const TURNED_BAD = 1.5;
const ANT_INTERVAL_MS = 200;
/** Pheromone of a trail that is not reinforced halves in this time, and so does what was learned of a link. */
const EVAPORATION_MS = 15_000;
/** How fast pheromone grows with good news; bad news counts at once. */
const REINFORCEMENT = 0.3;
/** Bad news of one trail is good news of the others. */
const REINFORCEMENT_OF_OTHERS = 0.1;
/** Of what one observation corrects in the delays of links: single packets get through bad ones. */
const EXCESS_GAIN = 0.3;
/** Trails with less, as a share of the best one's, are forgotten. */
const PHEROMONE_MIN = 0.02;
/** Flows share by this power of pheromone: a trail 10 % dearer gets a tenth of the best one's flows. */
const STEEPNESS = 40;
/** Exponent of pheromone in an ant's choice. */
const PHEROMONE_EXPONENT = 0.5;
/** A detour of one in so many parts of the way is taken e times less often; every other ant strays farther. */
const STRICTNESS = 40;
const STRICTNESS_STRAYING = 10;
/** Pheromone where no trail passes, so that ants leave trails. */
const PHEROMONE_GROUND = 0.5;
/** A measured cost counts for this long. */
const MEASURED_MS = 30_000;
/** A lost packet costs as much as this delay; a marked one makes the delay count so much more. */
const LOST_MS = 2_000;
const MARKED_FACTOR = 2;
/** Share of the newest observation: of a worse one more than of a better one, since single packets get through. */
const SMOOTHING_WORSE = 0.5;
const SMOOTHING_BETTER = 0.1;
/** How fast the delay per weight follows growing delays; it follows shrinking ones at once. */
const RATIO_GROWTH = 0.01;
/** Ants hope that an untried link costs this share of what its weight says. */
const HOPE = 0.5;
const COST_SCALE = 16;
const COST_MAX = 0xffff;
const LINKS_MAX = 2_048;
const BYTES_PER_TRAIL = 120;
const BYTES_PER_HOP = 8;

interface Trail {
  readonly nodes: readonly number[];
  readonly key: number;
  /** 0–1. */
  pheromone: number;
  /** Milliseconds; `null` before the first feedback. */
  measured: number | null;
  measuredAtMs: number;
  /** What was expected then: what has changed since counts on top. */
  expectedThen: number;
  choice: PathChoice | null;
  choiceVersion: number;
}

interface Colony {
  readonly madeAtMs: number;
  /** Of the topology in which all trails were whole. */
  version: number;
  usedAtMs: number;
  evaporatedAtMs: number;
  /** Since the last ant. */
  packets: number;
  /** Sent since the colony was young. */
  ants: number;
  trails: Trail[];
}

/** Of the criteria only the hop limit counts: what matters otherwise is what packets say. */
export function createAntColonyPolicy(): RoutePolicy {
  const fallback = createDijkstraPolicy();
  const delays = createDelays();
  /** In the order of their last use. */
  const colonies = new Map<number, Colony>();
  let antAtMs = -Infinity;

  const colonyFor = (view: RoutingView, destination: number): Colony => {
    const { nowMs } = view;
    const known = colonies.get(destination);
    colonies.delete(destination);
    const colony =
      known !== undefined && nowMs - known.usedAtMs <= IDLE_MS
        ? known
        : {
            madeAtMs: nowMs,
            version: view.version,
            usedAtMs: nowMs,
            evaporatedAtMs: nowMs,
            packets: 0,
            ants: 0,
            trails: [],
          };
    colony.usedAtMs = nowMs;
    // What a change of the topology broke is no trail any more.
    if (colony.version !== view.version) {
      colony.version = view.version;
      colony.trails = colony.trails.filter(({ nodes }) => pathWeight(view.graph, nodes) !== null);
    }
    if (colony.trails.length === 0) colony.trails = firstTrails(view, destination);
    colonies.set(destination, colony);
    for (const [oldest, { usedAtMs }] of colonies) {
      if (colonies.size <= ACTIVE_DESTINATIONS_MAX && nowMs - usedAtMs <= IDLE_MS) break;
      colonies.delete(oldest);
    }
    return colony;
  };
  /** Whether the next packet may be an ant. */
  const antIsDue = (view: RoutingView, colony: Colony): boolean => {
    colony.packets += 1;
    const every = colony.ants < YOUNG_ANTS ? PACKETS_PER_YOUNG_ANT : PACKETS_PER_ANT;
    const sinceMs = view.nowMs - Math.max(antAtMs, colony.madeAtMs);
    if (colony.packets < every || sinceMs < ANT_INTERVAL_MS) return false;
    colony.packets = 0;
    colony.ants += 1;
    antAtMs = view.nowMs;
    return true;
  };

  const choose = (
    view: RoutingView,
    destination: number,
    flowId: number,
    criteria: RouteCriteria,
  ): PathChoice | null => {
    if (destination === view.source) return fallback.choose(view, destination, flowId, criteria);
    const colony = colonyFor(view, destination);
    if (antIsDue(view, colony)) {
      const walked = walk(view, destination, colony.trails, delays);
      if (walked !== null && isUsable(view, walked, criteria.hopsMax)) {
        return { nodes: walked, cost: pathWeight(view.graph, walked) ?? 0, reason: 'ant' };
      }
    }
    const trails = colony.trails.filter(({ nodes }) => isUsable(view, nodes, criteria.hopsMax));
    const best = Math.max(...trails.map(({ pheromone }) => pheromone));
    const weights = trails.map(({ pheromone }) => (pheromone / best) ** STEEPNESS);
    const keys = trails.map(({ key }) => key);
    const trail = trails[rendezvous(flowId, keys, weights)];
    if (trail === undefined) return fallback.choose(view, destination, flowId, criteria);
    return choiceOf(view, trail);
  };

  return {
    name: 'ant-colony',
    choose,
    alternatives(view, destination, criteria) {
      const chosen = choose(view, destination, 0, criteria);
      if (chosen === null) return [];
      return (colonies.get(destination)?.trails ?? [])
        .toSorted((a, b) => b.pheromone - a.pheromone)
        .map((trail) => choiceOf(view, trail))
        .filter(({ nodes }) => nodes.join() !== chosen.nodes.join())
        .map(({ nodes, reason }) => ({ ...rejectedFor(view, nodes, chosen, criteria), reason }));
    },
    feedback(view, feedback) {
      const colony = colonies.get(feedback.nodes.at(-1) ?? NONE);
      if (colony === undefined || new Set(feedback.nodes).size !== feedback.nodes.length) return;
      if (feedback.nodes[0] !== view.source || pathWeight(view.graph, feedback.nodes) === null)
        return;
      const cost = delays.observe(view, feedback);
      if (cost !== null) reinforce(view, colony, feedback.nodes, cost, delays);
    },
    get stateBytes() {
      let bytes = 0;
      for (const { trails } of colonies.values()) {
        for (const { nodes } of trails) bytes += BYTES_PER_TRAIL + nodes.length * BYTES_PER_HOP;
      }
      return bytes + delays.stateBytes + fallback.stateBytes;
    },
  };
}

/** Delays as packets tell them, in milliseconds. */
interface Delays {
  /** What the feedback says the path costs; `null` where it says nothing. */
  observe(view: RoutingView, feedback: PathFeedback): number | null;
  /** Of a link, where nothing is known what its weight suggests. */
  ofArc(view: RoutingView, arc: number, from: number): number;
  ofPath(view: RoutingView, nodes: readonly number[]): number;
  /** The shortest path's delay, if all of its links keep what their weights promise. */
  promised(view: RoutingView, destination: number): number;
  /** As an ant hopes: a link that no packet has tried yet may be better than its weight says. */
  hoped(view: RoutingView, arc: number, from: number): number;
  readonly stateBytes: number;
}

function createDelays(): Delays {
  const excess = createPathTomography({
    linksMax: LINKS_MAX,
    halfLifeMs: EVAPORATION_MS,
    gain: EXCESS_GAIN,
  });
  /** Round trip for each unit of weight on the best path so far: links promise this much until they are tried. */
  let msPerWeight: number | null = null;

  const ofArc = (view: RoutingView, arc: number, from: number): number =>
    (msPerWeight ?? 1) * (view.graph.weights[arc] ?? 0) +
    excess.at(from, view.graph.targets[arc] ?? 0, view.nowMs);
  const ofPath = (view: RoutingView, nodes: readonly number[]): number => {
    let sum = 0;
    for (let i = 1; i < nodes.length; i += 1) {
      const from = nodes[i - 1] ?? 0;
      const arc = arcTo(view.graph, from, nodes[i] ?? 0);
      sum += arc === NONE ? Infinity : ofArc(view, arc, from);
    }
    return sum;
  };

  return {
    ofArc,
    ofPath,
    promised: (view, destination) => (msPerWeight ?? 1) * (view.paths.distances[destination] ?? 0),
    hoped(view, arc, from) {
      const delay = ofArc(view, arc, from);
      return excess.knows(from, view.graph.targets[arc] ?? 0) ? delay : HOPE * delay;
    },
    observe(view, { nodes, delivered, lost, marked, roundTripMs }) {
      const sent = delivered + lost;
      if (!(sent > 0) || nodes.length < 2) return null;
      const weight = Math.max(1, pathWeight(view.graph, nodes) ?? 1);
      if (roundTripMs !== null && roundTripMs > 0) {
        const ratio = roundTripMs / weight;
        if (msPerWeight === null || ratio < msPerWeight) msPerWeight = ratio;
        else msPerWeight += RATIO_GROWTH * (ratio - msPerWeight);
      }
      const delay = roundTripMs ?? ofPath(view, nodes);
      const slowed = delay * (1 + (MARKED_FACTOR * marked) / Math.max(1, delivered));
      const cost = slowed + (LOST_MS * lost) / sent;
      if (!Number.isFinite(cost)) return null;
      excess.observe(nodes, Math.max(0, cost - (msPerWeight ?? 1) * weight), view.nowMs);
      return cost;
    },
    get stateBytes() {
      return excess.stateBytes;
    },
  };
}

/** All equal in pheromone but for their weight. */
function firstTrails(view: RoutingView, destination: number): Trail[] {
  const weight = (arc: number): number => view.graph.weights[arc] ?? 0;
  const found = diversePaths(view, destination, TRAILS_FIRST, weight);
  const shortest = pathWeight(view.graph, found[0] ?? []) ?? 0;
  return found.map((nodes) =>
    trailOf(nodes, shortest / Math.max(1, pathWeight(view.graph, nodes) ?? 1)),
  );
}

function trailOf(nodes: readonly number[], pheromone: number): Trail {
  return {
    nodes,
    key: pathKey(nodes),
    pheromone,
    measured: null,
    measuredAtMs: 0,
    expectedThen: 0,
    choice: null,
    choiceVersion: 0,
  };
}

/** Milliseconds: measured lately and corrected by what other trails have told since, or expected. */
function costOf(view: RoutingView, trail: Trail, delays: Delays): number {
  const expected = delays.ofPath(view, trail.nodes);
  if (!isFresh(view, trail)) return expected;
  return (trail.measured ?? 0) + Math.max(0, expected - trail.expectedThen);
}

function isFresh({ nowMs }: RoutingView, { measured, measuredAtMs }: Trail): boolean {
  return measured !== null && nowMs - measuredAtMs <= MEASURED_MS;
}

/** Packets on `nodes` came back and said `cost`: that trail gets its due, the others evaporate. */
function reinforce(
  view: RoutingView,
  colony: Colony,
  nodes: readonly number[],
  cost: number,
  delays: Delays,
): void {
  const { nowMs } = view;
  const key = pathKey(nodes);
  let trail = colony.trails.find((known) => known.key === key);
  if (trail === undefined) {
    // What an ant found gets its due below.
    trail = trailOf(nodes, 1);
    colony.trails.push(trail);
  }
  if (trail === colony.trails[0] && cost > TURNED_BAD * (trail.measured ?? cost)) colony.ants = 0;
  // One packet that gets through says little of a trail whose links others found bad.
  const expected = delays.ofPath(view, nodes);
  const before = isFresh(view, trail) ? (trail.measured ?? expected) : expected;
  const smoothing = cost > before ? SMOOTHING_WORSE : SMOOTHING_BETTER;
  trail.measured = before + smoothing * (cost - before);
  trail.measuredAtMs = nowMs;
  trail.expectedThen = expected;

  const costs = colony.trails.map((known) => costOf(view, known, delays));
  const best = Math.min(...costs);
  const evaporation = 0.5 ** ((nowMs - colony.evaporatedAtMs) / EVAPORATION_MS);
  colony.evaporatedAtMs = nowMs;
  colony.trails.forEach((known, i) => {
    const due = best / Math.max(best, costs[i] ?? 0, Number.MIN_VALUE);
    if (known !== trail) known.pheromone *= evaporation;
    if (due < known.pheromone) known.pheromone = due;
    else {
      const growth = known === trail ? REINFORCEMENT : REINFORCEMENT_OF_OTHERS;
      known.pheromone += growth * (due - known.pheromone);
    }
  });
  const most = Math.max(...colony.trails.map(({ pheromone }) => pheromone));
  colony.trails = colony.trails
    .sort((a, b) => b.pheromone - a.pheromone)
    .filter(({ pheromone }, i) => i < TRAILS_MAX && pheromone >= PHEROMONE_MIN * most);
}

/** An ant: from node to node by pheromone and by the cost of the rest of the way; `null` where it gets stuck. */
function walk(
  view: RoutingView,
  destination: number,
  trails: readonly Trail[],
  delays: Delays,
): number[] | null {
  const { graph, source } = view;
  // What remains from each node on, found backwards; never through the source, where no ant returns to.
  const { distances } = searchPaths(
    {
      graph,
      source: destination,
      attributes: (node) => view.attributes(node),
      isSuspect: () => false,
    },
    (arc, from) => {
      const next = graph.targets[arc] ?? 0;
      const back = arcTo(graph, next, from);
      if (back === NONE || from === source) return Infinity;
      const cost = COST_SCALE * delays.hoped(view, back, next);
      return Math.min(COST_MAX, Math.max(1, Math.round(cost)));
    },
  );
  const pheromone = new Map<number, number>();
  for (const { nodes, pheromone: amount } of trails) {
    for (let i = 1; i < nodes.length; i += 1) {
      const arc = arcTo(graph, nodes[i - 1] ?? 0, nodes[i] ?? 0);
      pheromone.set(arc, (pheromone.get(arc) ?? 0) + amount);
    }
  }
  // Detours are weighed against the whole way when it is well, not against what a bad link makes of it: else an ant that
  // cannot avoid one would take any detour for small.
  const strictness = view.rng.uint32() % 2 === 0 ? STRICTNESS : STRICTNESS_STRAYING;
  const tolerance = Math.max(1, (COST_SCALE * delays.promised(view, destination)) / strictness);
  const visited = new Set([source]);
  const walked = [source];
  let here = source;
  while (here !== destination) {
    const arcs: number[] = [];
    const costs: number[] = [];
    const end = graph.ends[here] ?? 0;
    for (let arc = graph.starts[here] ?? 0; arc < end; arc += 1) {
      const next = graph.targets[arc] ?? 0;
      const rest = distances[next] ?? UNREACHABLE;
      if (rest === UNREACHABLE || visited.has(next)) continue;
      if (here === source && view.isSuspect(arc)) continue;
      if (next !== destination && !view.attributes(next).relays) continue;
      arcs.push(arc);
      costs.push(COST_SCALE * delays.hoped(view, arc, here) + rest);
    }
    const least = Math.min(...costs);
    const weights = arcs.map((arc, i) => {
      const laid = PHEROMONE_GROUND + (pheromone.get(arc) ?? 0);
      return laid ** PHEROMONE_EXPONENT * Math.exp((least - (costs[i] ?? 0)) / tolerance);
    });
    const next = graph.targets[arcs[drawn(weights, view)] ?? NONE];
    if (next === undefined) return null;
    visited.add(next);
    walked.push(next);
    here = next;
  }
  return walked;
}

/** An index with probability in proportion to its weight, −1 of none. */
function drawn(weights: readonly number[], { rng }: RoutingView): number {
  const sum = weights.reduce((sum, weight) => sum + weight, 0);
  let left = (rng.uint32() / 2 ** 32) * sum;
  for (let i = 0; i < weights.length; i += 1) {
    left -= weights[i] ?? 0;
    if (left < 0) return i;
  }
  return weights.length - 1;
}

/** The same object as long as the topology stays, so that what is made of a choice can be kept. */
function choiceOf(view: RoutingView, trail: Trail): PathChoice {
  if (trail.choice === null || trail.choiceVersion !== view.version) {
    trail.choiceVersion = view.version;
    trail.choice = {
      nodes: trail.nodes,
      cost: pathWeight(view.graph, trail.nodes) ?? Infinity,
      get reason() {
        return `trail with pheromone ${trail.pheromone.toFixed(2)}`;
      },
    };
  }
  return trail.choice;
}
