// Routes out of the link-state database: a graph of the links that both ends report, shortest paths from this node, and
// the ports along them. Computed when asked for, once for each change of the database.

import { fail, ok, type Result } from '../core/errors.ts';
import { peerIdText } from '../core/peer-id.ts';
import { encodePorts, ROUTE_BYTES_MAX } from '../wire/ports.ts';
import { byteKey, type ByteKey } from './byte-key.ts';
import { at, createCsrBuilder, type CsrGraph } from './graph/csr.ts';
import { dijkstra, pathEdges, type ShortestPaths } from './graph/dijkstra.ts';
import type { LinkStateDatabase, StoredRecord } from './link-state-database.ts';

export interface Route {
  /** PeerIds from the first hop to the destination. */
  readonly hops: readonly Uint8Array[];
  /** One port for each hop: this node's first. */
  readonly ports: readonly number[];
  /** `ports` as a packet carries them, at most `ROUTE_BYTES_MAX`. */
  readonly encoded: Uint8Array;
  readonly weight: number;
}

export interface KnownNode {
  /** PeerId. */
  readonly peer: Uint8Array;
  readonly gateway: boolean;
  readonly reachable: boolean;
  /** 0 for this node, and for what is not reachable. */
  readonly hops: number;
}

export interface RouteTable {
  /** `null` if no path of two-way links leads there. */
  routeTo(peer: Uint8Array): Result<Route, 'ROUTING_ROUTE_TOO_LONG'> | null;
  /** PeerId of the nearest reachable gateway other than this node and `except`, `null` if there is none. */
  nearestGateway(except?: Uint8Array): Uint8Array | null;
  isReachable(key: ByteKey): boolean;
  /** Every node with a record, this one included, ascending by PeerId. */
  nodes(): readonly KnownNode[];
}

interface Topology {
  readonly version: number;
  readonly records: readonly StoredRecord[];
  readonly indices: ReadonlyMap<ByteKey, number>;
  readonly graph: CsrGraph;
  readonly paths: ShortestPaths;
  /** Computed on demand, by node. */
  readonly routes: Map<number, Result<Route, 'ROUTING_ROUTE_TOO_LONG'>>;
}

/** `self` has a record in the database. */
export function createRouteTable(
  self: Uint8Array,
  database: Pick<LinkStateDatabase, 'version' | 'sorted'>,
): RouteTable {
  const selfKey = byteKey(self);
  let topology: Topology | null = null;

  const current = (): Topology => {
    if (topology === null || topology.version !== database.version) {
      topology = buildTopology(database.version, database.sorted(), selfKey);
    }
    return topology;
  };

  return {
    routeTo(peer) {
      const now = current();
      const target = now.indices.get(byteKey(peer));
      if (target === undefined) return null;
      const known = now.routes.get(target);
      if (known !== undefined) return known;
      const edges = pathEdges(now.paths, target);
      if (edges === null) return null;
      const route = routeAlong(now, edges, target);
      now.routes.set(target, route);
      return route;
    },
    nearestGateway(except) {
      const exceptKey = except === undefined ? null : byteKey(except);
      const { records, paths } = current();
      let nearest: Uint8Array | null = null;
      let nearestDistance = Infinity;
      records.forEach(({ key, signed }, index) => {
        const distance = at(paths.distances, index);
        if (!signed.record.gateway || key === selfKey || key === exceptKey) return;
        if (distance >= nearestDistance) return;
        nearest = signed.record.originator;
        nearestDistance = distance;
      });
      return nearest;
    },
    isReachable(key) {
      const { indices, paths } = current();
      const index = indices.get(key);
      return index !== undefined && at(paths.distances, index) !== Infinity;
    },
    nodes() {
      const { records, paths } = current();
      return records.map(({ signed }, index) => ({
        peer: signed.record.originator,
        gateway: signed.record.gateway,
        reachable: at(paths.distances, index) !== Infinity,
        hops: at(paths.hops, index),
      }));
    },
  };
}

function buildTopology(
  version: number,
  records: readonly StoredRecord[],
  selfKey: ByteKey,
): Topology {
  const indices = new Map(records.map(({ key }, index) => [key, index]));
  /** `from · nodes + to` of every link that its start reports. */
  const reported = new Set<number>();
  const links: { from: number; to: number; weight: number; port: number }[] = [];
  records.forEach(({ signed }, from) => {
    for (const { peer, port, weight } of signed.record.neighbours) {
      const to = indices.get(byteKey(peer));
      if (to === undefined) continue;
      reported.add(from * records.length + to);
      links.push({ from, to, weight, port });
    }
  });
  const builder = createCsrBuilder(records.length, links.length);
  for (const { from, to, weight, port } of links) {
    if (reported.has(to * records.length + from)) builder.edge(from, to, weight, port);
  }
  const graph = builder.build();
  const paths = dijkstra(graph, indices.get(selfKey) ?? 0);
  return { version, records, indices, graph, paths, routes: new Map() };
}

function routeAlong(
  { graph, records, paths }: Topology,
  edges: readonly number[],
  target: number,
): Result<Route, 'ROUTING_ROUTE_TOO_LONG'> {
  const ports = edges.map((edge) => at(graph.labels, edge));
  const hops = edges.flatMap((edge) => {
    const record = records[at(graph.targets, edge)]?.signed.record;
    return record === undefined ? [] : [record.originator];
  });
  const encoded = encodePorts(ports);
  if (encoded.length > ROUTE_BYTES_MAX) {
    const destination = peerIdText(hops.at(-1) ?? new Uint8Array(0));
    const data = { destination, bytes: encoded.length, bytesMax: ROUTE_BYTES_MAX };
    return fail('ROUTING_ROUTE_TOO_LONG', data);
  }
  return ok({ hops, ports, encoded, weight: at(paths.distances, target) });
}
