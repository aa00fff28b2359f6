// Disjoint paths as a flow of one unit per path (Ford and Fulkerson 1956): what is left to use of a graph once some paths
// are taken, as states and steps between them. An augmenting path may run back along a path that is taken; what both use
// is freed then, and one path more comes out. Node-disjoint paths need each node split into an entrance and an exit; the
// split is in the numbering of states only, nothing is copied.
//
// A link is an arc in either direction, and a failure takes both: while a path uses one, the other leads back along it
// and is no way of its own. Two disjoint paths never share a link in opposite directions either.

import { arcTo, type Graph } from './graph.ts';

/** What paths must not share: nodes between the ends, or links. Node-disjoint paths share no link either. */
export type Disjointness = 'node' | 'edge';

/** What every path from one node to the other passes: as many nodes and links together as there are disjoint paths. */
export interface Cut {
  readonly nodes: readonly number[];
  readonly links: readonly (readonly [from: number, to: number])[];
}

export interface UnitFlow {
  /** States are 0 … `states` − 1. */
  readonly states: number;
  /** Where a search begins. */
  readonly first: number;
  /** Where a path is complete. */
  readonly last: number;
  nodeOf(state: number): number;
  /** Every step from a state, with its weight: negative where a path that is taken gives an arc back. */
  steps(state: number, visit: (next: number, weight: number) => void): void;
  /** Takes a path, given by its states from `first` to `last`. */
  take(path: readonly number[]): void;
  /** The taken paths, as nodes from the source to the target. */
  paths(): number[][];
  /** After a search that ended without reaching `last`: what stopped it. */
  cut(reached: (state: number) => boolean): Cut;
}

/** Nodes with an entry ≠ 0 in `noTransit` may only be an end of a path. Arcs must come in pairs. */
export function createUnitFlow(
  graph: Graph,
  source: number,
  target: number,
  kind: Disjointness,
  noTransit: Uint8Array | null,
): UnitFlow {
  const relays = (node: number): boolean =>
    node === source || noTransit === null || noTransit[node] === 0;
  return kind === 'node'
    ? createNodeFlow(graph, source, target, relays)
    : createEdgeFlow(graph, source, target, relays);
}

/** State 2v is the entrance of node v, 2v + 1 its exit. */
function createNodeFlow(
  graph: Graph,
  source: number,
  target: number,
  relays: (node: number) => boolean,
): UnitFlow {
  const { starts, ends, targets, weights } = graph;
  /** Of nodes between the ends that a path uses. */
  const before = new Map<number, number>();
  const after = new Map<number, number>();
  /** Whether the arc from the source to the target is taken. */
  let direct = false;

  const isTaken = (from: number, to: number): boolean => {
    if (from !== source) return after.get(from) === to;
    return to === target ? direct : before.get(to) === source;
  };
  const fromEntrance = (node: number, visit: (next: number, weight: number) => void): void => {
    const previous = before.get(node);
    if (previous === undefined) {
      if (relays(node)) visit(2 * node + 1, 0);
    } else if (previous !== source) {
      visit(2 * previous + 1, -(weights[arcTo(graph, previous, node)] ?? 0));
    }
  };

  return {
    states: 2 * graph.nodes,
    first: 2 * source + 1,
    last: 2 * target,
    nodeOf: (state) => state >> 1,
    steps(state, visit) {
      const node = state >> 1;
      if ((state & 1) === 0) {
        fromEntrance(node, visit);
        return;
      }
      const taken = node === source || before.has(node);
      const end = ends[node] ?? 0;
      for (let arc = starts[node] ?? 0; arc < end; arc += 1) {
        const next = targets[arc] ?? 0;
        if (next === source || (taken && isTaken(node, next))) continue;
        visit(2 * next, weights[arc] ?? 0);
      }
      if (taken && node !== source) visit(2 * node, 0);
    },
    take(path) {
      // First what is given back, then what is taken: a node may do both.
      path.forEach((state, i) => {
        const node = state >> 1;
        const next = (path[i + 1] ?? state) >> 1;
        if ((state & 1) === 1 || next === node) return;
        before.delete(node);
        after.delete(next);
      });
      path.forEach((state, i) => {
        const node = state >> 1;
        const next = (path[i + 1] ?? state) >> 1;
        if ((state & 1) === 0 || next === node) return;
        if (node === source && next === target) direct = true;
        if (node !== source) after.set(node, next);
        if (next !== target) before.set(next, node);
      });
    },
    paths() {
      const firsts = [...before].filter(([, previous]) => previous === source);
      const through = firsts.map(([first]) => {
        const path = [source];
        for (let node = first; node !== target; node = after.get(node) ?? target) path.push(node);
        return [...path, target];
      });
      return direct ? [[source, target], ...through] : through;
    },
    cut(reached) {
      // A node is a bottleneck if the search came to it or next to it, but could not leave it forwards.
      const nodes = [...before.keys()].filter((node) => {
        const previous = before.get(node) ?? source;
        return !reached(2 * node + 1) && (reached(2 * node) || reached(2 * previous + 1));
      });
      return { nodes: nodes.toSorted(ascending), links: direct ? [[source, target]] : [] };
    },
  };
}

/** A state is a node. */
function createEdgeFlow(
  graph: Graph,
  source: number,
  target: number,
  relays: (node: number) => boolean,
): UnitFlow {
  const { starts, ends, targets, weights } = graph;
  /** By node where taken arcs lead from it. */
  const nexts = new Map<number, Set<number>>();
  const isTaken = (from: number, to: number): boolean => nexts.get(from)?.has(to) ?? false;

  return {
    states: graph.nodes,
    first: source,
    last: target,
    nodeOf: (state) => state,
    steps(node, visit) {
      if (!relays(node)) return;
      const taken = nexts.get(node);
      const end = ends[node] ?? 0;
      for (let arc = starts[node] ?? 0; arc < end; arc += 1) {
        const next = targets[arc] ?? 0;
        if (next === source || taken?.has(next) === true) continue;
        const back = nexts.size > 0 && isTaken(next, node);
        visit(next, back ? -(weights[arcTo(graph, next, node)] ?? 0) : (weights[arc] ?? 0));
      }
    },
    take(path) {
      path.slice(1).forEach((next, i) => {
        const node = path[i] ?? source;
        if (isTaken(next, node)) {
          nexts.get(next)?.delete(node);
          return;
        }
        const known = nexts.get(node);
        if (known === undefined) nexts.set(node, new Set([next]));
        else known.add(next);
      });
    },
    paths() {
      const left = new Map(
        [...nexts].map(([node, set]) => [node, [...set].toSorted(ascending)] as const),
      );
      return (left.get(source)?.slice() ?? []).map((first) => {
        const path = [source];
        for (let node = first; node !== target; node = left.get(node)?.shift() ?? target) {
          path.push(node);
        }
        return [...path, target];
      });
    },
    cut(reached) {
      const links = [...nexts].flatMap(([from, set]) =>
        reached(from) ? [...set].filter((to) => !reached(to)).map((to) => [from, to] as const) : [],
      );
      return { nodes: [], links: links.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]) };
    },
  };
}

function ascending(a: number, b: number): number {
  return a - b;
}
