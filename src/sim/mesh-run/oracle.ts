// The oracle beside a fleet: it sees the true graph as it is just now. Measured against the mesh, and never asked by it.

import type { Topology, TopologyLink } from '../topology/topology.ts';
import { trueGraph, type TrueGraph } from '../topology/true-graph.ts';
import type { Fleet } from './fleet.ts';
import type { FleetLink } from './fleet-link.ts';

export class Oracle {
  readonly #fleet: Fleet;
  readonly #nodes: Topology['nodes'];
  #version = -1;
  #links = 0;
  #graph: TrueGraph | null = null;

  constructor(fleet: Fleet, nodes: Topology['nodes']) {
    this.#fleet = fleet;
    this.#nodes = nodes;
  }

  /** Ordered pairs of live nodes that do not stand still, with a path between them. */
  get reachablePairs(): number {
    return this.graph().reachablePairs;
  }

  /** Live nodes that `node` can reach, itself included; 0 for a dead one. */
  componentSize(node: number): number {
    return this.graph().componentSize(node);
  }

  reaches(from: number, to: number): boolean {
    return this.graph().reaches(from, to);
  }

  /** Whether there is a way between two nodes that does not cross `without`. */
  reachesWithout(from: number, to: number, without: FleetLink): boolean {
    return this.#build((link) => link !== without).reaches(from, to);
  }

  /** What the best path costs by true weights; `null` where there is none. */
  cost(from: number, to: number): number | null {
    return this.graph().cost(from, to);
  }

  /** As it is just now. */
  graph(): TrueGraph {
    const { version, links } = this.#fleet;
    if (this.#graph === null || this.#version !== version || this.#links !== links.length) {
      this.#graph = this.#build(() => true);
      this.#version = version;
      this.#links = links.length;
    }
    return this.#graph;
  }

  #build(isIn: (link: FleetLink) => boolean): TrueGraph {
    const { links } = this.#fleet;
    const topology = { name: null, nodes: this.#nodes, links: links.map(({ shape }) => shape) };
    const weights = new Map<TopologyLink, FleetLink>(links.map((link) => [link.shape, link]));
    return trueGraph(topology, {
      weight: (shape, ahead) => {
        const link = weights.get(shape);
        return (ahead ? link?.toB.weight : link?.toA.weight) ?? 1;
      },
      nodeIsUp: (node) => this.#fleet.isUp(node),
      linkIsUp: (at) => {
        const link = links[at];
        return link?.wanted === true && isIn(link);
      },
    });
  }
}
