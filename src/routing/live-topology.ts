// The mesh as a graph, kept in step with the link-state database: a node for each record, an arc for each link that both
// ends report, and the shortest paths of this node, repaired where something changed. Made when first asked for, and let
// go by its owner when nobody asks: a relay forwards by ports and needs none of it.

import { assert } from '../core/assert.ts';
import type { Clock } from '../env/clock.ts';
import type { Rng } from '../env/rng.ts';
import { utilisationOf } from './congestion-marking.ts';
import { graphBytes } from './graph/csr.ts';
import { arcTo, NONE, type Graph, type ShortestPaths } from './graph/graph.ts';
import { LinkGraph, type ReportedLink } from './graph/link-graph.ts';
import { repairPaths } from './graph/repair.ts';
import { shortestPaths } from './graph/shortest-paths.ts';
import { RECORDS_MAX, type LinkStateDatabase } from './link-state-database.ts';
import { NEIGHBOURS_MAX } from './link-state-record.ts';
import type { NodeAttributes } from './node-attributes.ts';
import type { PathTomography } from './path-tomography.ts';
import type { RoutingView } from './policies/route-policy.ts';
import type { PooledRecord } from './record-pool.ts';

/** Changes of arcs that may wait until paths are asked for; after more they are computed in full. */
const CHANGES_MAX = 4_096;
const UNKNOWN: NodeAttributes = { gateway: false, relays: true, energy: null, location: null };

export interface LiveTopologyDeps {
  readonly database: LinkStateDatabase;
  readonly clock: Clock;
  readonly rng: Rng;
  /** What marks tell of links, by node numbers of this topology. */
  readonly prices: PathTomography;
  /** Whether the own link of this port does not answer. */
  isSuspect(port: number): boolean;
}

/** Call `sync` before use: what it shows is what the database held then. */
export class LiveTopology implements RoutingView {
  version = 0;
  readonly #deps: LiveTopologyDeps;
  readonly #self: Uint8Array;
  #graph = newGraph();
  #paths: ShortestPaths | null = null;
  #pathsCursor = 0;
  /** Of the database, as of the last `sync`; −1 before the first. */
  #seen = -1;
  /** By peer number of the pool: node + 1, 0 for none. */
  #nodes = new Int32Array(0);
  /** By arc: the node that it starts from; made when a congested mesh asks, and again when the graph has changed. */
  #startsOf = new Uint32Array(0);
  #startsVersion = -1;
  /** By node. */
  #records: (PooledRecord | undefined)[] = [];

  /** `self` is the PeerId of this node, which has a record in the database. */
  constructor(self: Uint8Array, deps: LiveTopologyDeps) {
    this.#self = self;
    this.#deps = deps;
  }

  get graph(): Graph {
    return this.#graph;
  }

  get source(): number {
    const node = this.nodeOf(this.#self);
    assert(node !== NONE, 'this node has a record of its own');
    return node;
  }

  get paths(): ShortestPaths {
    const graph = this.#graph;
    const { cursor, nodes } = graph;
    const isCurrent = cursor === this.#pathsCursor && this.#paths?.distances.length === nodes;
    if (this.#paths === null || !isCurrent) {
      const changes = this.#paths === null ? null : graph.changesSince(this.#pathsCursor);
      this.#paths =
        this.#paths === null || changes === null
          ? shortestPaths(graph, this.source, graph.noTransit)
          : repairPaths(graph, this.#paths, changes, graph.noTransit);
      this.#pathsCursor = cursor;
    }
    return this.#paths;
  }

  get wallMs(): number {
    return this.#deps.clock.wallMs();
  }

  get nowMs(): number {
    return this.#deps.clock.now();
  }

  get rng(): Rng {
    return this.#deps.rng;
  }

  /** As in `LinkGraph`. */
  get noTransit(): Uint8Array {
    return this.#graph.noTransit;
  }

  /** Bytes of graph, paths and tables. */
  get stateBytes(): number {
    const paths = this.#paths === null ? 0 : 8 * this.#paths.distances.length;
    return graphBytes(this.#graph) + paths + this.#nodes.byteLength + 8 * this.#records.length;
  }

  attributes(node: number): NodeAttributes {
    return this.#records[node]?.signed.record.attributes ?? UNKNOWN;
  }

  congestion(arc: number): number {
    const { prices } = this.#deps;
    if (prices.stateBytes === 0) return 0;
    const from = this.#arcStarts()[arc] ?? 0;
    return utilisationOf(prices.at(from, this.#graph.targets[arc] ?? 0, this.nowMs));
  }

  isSuspect(arc: number): boolean {
    return this.#deps.isSuspect(this.#graph.ports[arc] ?? 0);
  }

  /** PeerId of a node. */
  peerOf(node: number): Uint8Array {
    const record = this.#records[node];
    assert(record !== undefined, 'a node of the graph has a record');
    return record.signed.record.originator;
  }

  /** The node of a peer, `NONE` if it has no record. */
  nodeOf(peer: Uint8Array): number {
    const number = this.#deps.database.pool.peerIndex(peer);
    return number < 0 ? NONE : this.#nodeOfNumber(number);
  }

  /** All nodes with their records. */
  *entries(): Iterable<readonly [number, PooledRecord]> {
    for (let node = 0; node < this.#records.length; node += 1) {
      const record = this.#records[node];
      if (record !== undefined) yield [node, record];
    }
  }

  /** Takes over what changed in the database. */
  sync(): void {
    const { database } = this.#deps;
    if (database.version === this.#seen) return;
    const changed = this.#seen < 0 ? null : database.changedSince(this.#seen);
    this.#seen = database.version;
    if (changed === null) this.#startOver();
    else this.#update(new Set(changed));
    this.version += 1;
  }

  #startOver(): void {
    this.#graph = newGraph();
    this.#paths = null;
    this.#nodes = new Int32Array(0);
    this.#records = [];
    this.#update(new Set(this.#deps.database.originators()));
  }

  #update(numbers: ReadonlySet<number>): void {
    const { database } = this.#deps;
    // Who went makes room first.
    for (const number of numbers) {
      if (database.record(number) === undefined) this.#forget(number, this.#nodeOfNumber(number));
    }
    for (const number of numbers) {
      const record = database.record(number);
      const node = this.#nodeOfNumber(number);
      if (record === undefined) continue;
      if (node === NONE) this.#admit(number, record);
      else this.#records[node] = record;
    }
    for (const number of numbers) this.#report(number);
    // What others said of a node before it had a number was left out then.
    const again = new Set<number>();
    for (const number of numbers) {
      const node = this.#nodeOfNumber(number);
      for (const other of database.record(number)?.neighbours ?? []) {
        const otherNode = this.#nodeOfNumber(other);
        if (otherNode === NONE || arcTo(this.#graph, node, otherNode) !== NONE) continue;
        if (database.record(other)?.neighbours.includes(number) === true) again.add(other);
      }
    }
    for (const number of again) this.#report(number);
  }

  #admit(number: number, record: PooledRecord): void {
    const node = this.#graph.addNode();
    if (node === NONE) return;
    if (number >= this.#nodes.length) {
      const { peersEnd } = this.#deps.database.pool;
      const longer = new Int32Array(Math.max(number + 1, peersEnd));
      longer.set(this.#nodes);
      this.#nodes = longer;
    }
    this.#nodes[number] = node + 1;
    this.#records[node] = record;
  }

  #forget(number: number, node: number): void {
    if (node === NONE) return;
    this.#graph.removeNode(node);
    this.#nodes[number] = 0;
    this.#records[node] = undefined;
  }

  #report(number: number): void {
    const node = this.#nodeOfNumber(number);
    const record = this.#records[node];
    if (record === undefined) return;
    const links: ReportedLink[] = [];
    record.signed.record.neighbours.forEach(({ port, weight, metrics }, i) => {
      const target = this.#nodeOfNumber(record.neighbours[i] ?? -1);
      if (target !== NONE) links.push({ target, port, weight, metrics });
    });
    const { relays } = record.signed.record.attributes;
    this.#graph.setTransit(node, relays);
    this.#graph.report(node, links);
  }

  #nodeOfNumber(number: number): number {
    return (this.#nodes[number] ?? 0) - 1;
  }

  #arcStarts(): Uint32Array {
    const graph = this.#graph;
    // Of this topology, not of the graph: rows move without a change of an arc.
    if (this.#startsVersion === this.version) return this.#startsOf;
    this.#startsVersion = this.version;
    this.#startsOf = new Uint32Array(graph.targets.length);
    for (let node = 0; node < graph.nodes; node += 1) {
      this.#startsOf.fill(node, graph.starts[node] ?? 0, graph.ends[node] ?? 0);
    }
    return this.#startsOf;
  }
}

function newGraph(): LinkGraph {
  return new LinkGraph({
    nodesMax: RECORDS_MAX,
    arcsMax: RECORDS_MAX * NEIGHBOURS_MAX,
    changesMax: CHANGES_MAX,
  });
}
