// Who sees the whole true graph at once, which no node does: what is reachable, and what the best path costs. Measured
// against the mesh, and never asked by it.

import { packGraph } from '../../routing/graph/csr.ts';
import { UNREACHABLE, type Graph, type ShortestPaths } from '../../routing/graph/graph.ts';
import { shortestPaths } from '../../routing/graph/shortest-paths.ts';
import type { Fleet } from './fleet.ts';
import type { FleetLink } from './fleet-link.ts';

/** Shortest paths that are kept for one version of the graph: 8 to 24 bytes for each node and source. */
const SOURCES_KEPT_MAX = 1_000;

export class Oracle {
  readonly #fleet: Fleet;
  #version = -1;
  #graph: Graph | null = null;
  #components: Int32Array = new Int32Array(0);
  #sizes: readonly number[] = [];
  readonly #paths = new Map<number, ShortestPaths>();

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  /** Links that are there and whose ends live. */
  get links(): number {
    let count = 0;
    for (const link of this.#fleet.links) if (this.#fleet.isTrue(link)) count += 1;
    return count;
  }

  /** Ordered pairs of live nodes with a path between them. */
  get reachablePairs(): number {
    this.#update();
    let pairs = 0;
    for (const size of this.#sizes) pairs += size * (size - 1);
    return pairs;
  }

  /** Live nodes that `node` can reach, itself included; 0 for a dead one. */
  componentSize(node: number): number {
    this.#update();
    return this.#sizes[this.#components[node] ?? -1] ?? 0;
  }

  reaches(from: number, to: number): boolean {
    this.#update();
    const component = this.#components[from] ?? -1;
    return component >= 0 && component === this.#components[to];
  }

  /** Whether there is a way between two nodes that does not cross `link`. */
  reachesWithout(from: number, to: number, link: FleetLink): boolean {
    this.#update();
    const graph = this.#graph;
    if (graph === null) return false;
    const seen = new Uint8Array(graph.nodes);
    const queue = [from];
    seen[from] = 1;
    for (let at = 0; at < queue.length; at += 1) {
      const node = queue[at] ?? 0;
      if (node === to) return true;
      const end = graph.ends[node] ?? 0;
      for (let arc: number = graph.starts[node] ?? 0; arc < end; arc += 1) {
        const target = graph.targets[arc] ?? 0;
        const isCut = Math.min(node, target) === link.a && Math.max(node, target) === link.b;
        if (isCut || seen[target] === 1) continue;
        seen[target] = 1;
        queue.push(target);
      }
    }
    return false;
  }

  /** What the best path costs by true weights; `Infinity` where there is none. */
  cost(from: number, to: number): number {
    this.#update();
    let paths = this.#paths.get(from);
    if (paths === undefined && this.#graph !== null) {
      if (this.#paths.size >= SOURCES_KEPT_MAX) this.#paths.clear();
      paths = shortestPaths(this.#graph, from);
      this.#paths.set(from, paths);
    }
    const cost = paths?.distances[to] ?? UNREACHABLE;
    return cost === UNREACHABLE ? Infinity : cost;
  }

  #update(): void {
    const fleet = this.#fleet;
    if (this.#version === fleet.version) return;
    this.#version = fleet.version;
    this.#paths.clear();
    const links = fleet.links.filter((link) => fleet.isTrue(link));
    const arcs = links.flatMap(({ toA, toB }) => [toA, toB]);
    this.#graph = packGraph(fleet.nodes.length, {
      froms: arcs.map(({ from }) => from),
      tos: arcs.map(({ to }) => to),
      weights: arcs.map(({ weight }) => weight),
    });
    this.#findComponents(this.#graph);
  }

  #findComponents({ nodes, starts, ends, targets }: Graph): void {
    const components = new Int32Array(nodes).fill(-1);
    const sizes: number[] = [];
    for (let first = 0; first < nodes; first += 1) {
      if (components[first] !== -1 || this.#fleet.nodes[first]?.alive !== true) continue;
      const component = sizes.length;
      const queue = [first];
      components[first] = component;
      for (let node = queue[0]; node !== undefined; node = queue[sizes[component] ?? 0]) {
        sizes[component] = (sizes[component] ?? 0) + 1;
        const end = ends[node] ?? 0;
        for (let arc: number = starts[node] ?? 0; arc < end; arc += 1) {
          const target = targets[arc] ?? 0;
          if (components[target] !== -1) continue;
          components[target] = component;
          queue.push(target);
        }
      }
    }
    this.#components = components;
    this.#sizes = sizes;
  }
}
