// What a policy takes to choose a path: the first time for a destination, when it makes what it keeps, and after that. The
// bound is reading the path off the shortest-path tree, which every answer at least has to write down.

import { assert } from '../../core/assert.ts';
import { nodePath, type Graph } from '../../routing/graph/graph.ts';
import { shortestPaths } from '../../routing/graph/shortest-paths.ts';
import type { NodeAttributes } from '../../routing/node-attributes.ts';
import { createPolicy, DEFAULT_CRITERIA, POLICY_NAMES } from '../../routing/policies/policies.ts';
import type { PolicyName, RoutingView } from '../../routing/policies/route-policy.ts';
import { row, type Row } from '../benchmark.ts';
import { bootstrapMedian, exactly } from '../bootstrap.ts';
import { measure, nanosecondsPer, type Contender, type Rounds } from '../measure.ts';
import { benchRng } from '../seed.ts';
import { median, summarize } from '../statistics.ts';

/** Destinations that one node talks to. */
const DESTINATIONS = 8;
const WARM_TURNS = 20;
/** Between nodes of the grid. */
const METRES = 50;

/** Microseconds per choice and bytes of state, per policy, on a square grid. */
export async function benchChoosing(
  graph: Graph,
  side: number,
  rounds: Rounds,
  seed: number,
): Promise<readonly Row[]> {
  const view = gridView(graph, side, seed);
  const rng = benchRng(seed, 'destinations');
  const destinations = Array.from(
    { length: DESTINATIONS },
    () => 1 + Math.floor(rng.unit() * (graph.nodes - 1)),
  );
  const bytes = new Map<PolicyName, number>();
  const firsts = new Map<PolicyName, number[]>(POLICY_NAMES.map((name) => [name, []]));
  const policies = POLICY_NAMES.map((name): Contender => ({
    name,
    round(round) {
      const policy = createPolicy(name);
      const choose = (): void => {
        for (const [flow, destination] of destinations.entries()) {
          const choice = policy.choose(view, destination, flow, DEFAULT_CRITERIA);
          assert(choice !== null, 'a grid is connected');
        }
      };
      const first = nanosecondsPer(1000 * DESTINATIONS, choose);
      if (round >= rounds.warmUpRounds) firsts.get(name)?.push(first);
      const cost = nanosecondsPer(1000 * DESTINATIONS * WARM_TURNS, () => {
        for (let turn = 0; turn < WARM_TURNS; turn += 1) choose();
      });
      bytes.set(name, policy.stateBytes);
      return cost;
    },
  }));
  const reading: Contender = {
    name: 'reading',
    round: () =>
      nanosecondsPer(1000 * DESTINATIONS * WARM_TURNS, () => {
        for (let turn = 0; turn < WARM_TURNS; turn += 1) {
          for (const destination of destinations) nodePath(view.paths, destination);
        }
      }),
  };
  const samples = await measure([...policies, reading], rounds, benchRng(seed, 'choosing order'));

  const bootstrap = benchRng(seed, 'choosing bootstrap');
  const bound = { name: 'µs to read a path', value: median(samples['reading'] ?? []) };
  return POLICY_NAMES.flatMap((name) => {
    const first = firsts.get(name) ?? [];
    const later = samples[name] ?? new Float64Array();
    const held = bytes.get(name) ?? 0;
    return [
      row({
        name: `choose-first-${name}`,
        title: `first choice, ${name}, 8 destinations on the grid`,
        unit: 'µs',
        value: median(first),
        interval: bootstrapMedian(first, bootstrap),
        summary: summarize(first),
        bound,
      }),
      row({
        name: `choose-${name}`,
        title: `later choices, ${name}`,
        unit: 'µs',
        value: median(later),
        interval: bootstrapMedian(later, bootstrap),
        summary: summarize(later),
        bound,
      }),
      row({
        name: `state-${name}`,
        title: `state of ${name}`,
        unit: 'B/node',
        value: held / graph.nodes,
        interval: exactly(held / graph.nodes),
      }),
    ];
  });
}

/** Node 0 of a grid whose nodes know where they are. */
function gridView(graph: Graph, side: number, seed: number): RoutingView {
  const attributes = Array.from({ length: graph.nodes }, (_, node): NodeAttributes => ({
    gateway: false,
    relays: true,
    energy: null,
    location: {
      planar: true,
      position: { x: (node % side) * METRES, y: Math.floor(node / side) * METRES },
      atMs: 0,
      mobility: { kind: 'static' },
    },
  }));
  const unknown: NodeAttributes = { gateway: false, relays: true, energy: null, location: null };
  return {
    version: 1,
    graph,
    source: 0,
    paths: shortestPaths(graph, 0),
    attributes: (node) => attributes[node] ?? unknown,
    congestion: () => 0,
    isSuspect: () => false,
    wallMs: 0,
    nowMs: 0,
    rng: benchRng(seed, 'policies'),
  };
}
