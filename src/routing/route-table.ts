// Routes out of the link-state database: a graph of the links that both ends report, shortest paths from this node, and
// the ports along them. Computed when asked for, once for each change of the database.

import { fail, ok, type Result } from '../core/errors.ts';
import { peerIdText } from '../core/peer-id.ts';
import { encodePorts, ROUTE_BYTES_MAX } from '../wire/ports.ts';
import { OWNER_PREFIX_BYTES, type FailedLink } from '../wire/failed-links.ts';
import { byteKey, type ByteKey } from './byte-key.ts';
import { packGraph } from './graph/csr.ts';
import {
  arcTo,
  hopCounts,
  nodePath,
  UNREACHABLE,
  type Graph,
  type ShortestPaths,
} from './graph/graph.ts';
import { shortestPaths } from './graph/shortest-paths.ts';
import type { LinkStateDatabase } from './link-state-database.ts';
import type { PooledRecord } from './record-pool.ts';

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

/** What a detour has to avoid. */
export interface Avoided {
  /** Failed links that the packet met on its way. */
  readonly links: readonly FailedLink[];
  /** Whether an own link carries packets; by port. */
  isUsable(port: number): boolean;
}

/** Plans ways round failed links, for packets of others too. */
export interface DetourPlanner {
  /** The best way to `destination` without what is avoided; `null` if there is none, or it is too long. */
  detourTo(destination: Uint8Array, avoided: Avoided): Route | null;
}

export interface RouteTable extends DetourPlanner {
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
  readonly records: readonly PooledRecord[];
  readonly indices: ReadonlyMap<ByteKey, number>;
  readonly graph: Graph;
  readonly paths: ShortestPaths;
  readonly hops: Uint32Array;
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
      const nodes = nodePath(now.paths, target);
      if (nodes === null) return null;
      const route = routeAlong(now, nodes, target);
      now.routes.set(target, route);
      return route;
    },
    nearestGateway(except) {
      const exceptKey = except === undefined ? null : byteKey(except);
      const { records, paths } = current();
      let nearest: Uint8Array | null = null;
      let nearestDistance = UNREACHABLE;
      records.forEach(({ signed }, index) => {
        const key = byteKey(signed.record.originator);
        const distance = paths.distances[index] ?? UNREACHABLE;
        if (!signed.record.attributes.gateway || key === selfKey || key === exceptKey) return;
        if (distance >= nearestDistance) return;
        nearest = signed.record.originator;
        nearestDistance = distance;
      });
      return nearest;
    },
    detourTo(destination, avoided) {
      const isFailed = (owner: ByteKey, port: number): boolean =>
        (owner === selfKey && !avoided.isUsable(port)) ||
        avoided.links.some(
          (link) =>
            link.port === port && byteKey(link.owner) === owner.slice(0, OWNER_PREFIX_BYTES),
        );
      const around = buildTopology(database.version, database.sorted(), selfKey, isFailed);
      const target = around.indices.get(byteKey(destination));
      const nodes = target === undefined ? null : nodePath(around.paths, target);
      if (target === undefined || nodes === null || nodes.length === 1) return null;
      const route = routeAlong(around, nodes, target);
      return route.ok ? route.value : null;
    },
    isReachable(key) {
      const { indices, paths } = current();
      const index = indices.get(key);
      return index !== undefined && paths.distances[index] !== UNREACHABLE;
    },
    nodes() {
      const { records, paths, hops } = current();
      return records.map(({ signed }, index) => ({
        peer: signed.record.originator,
        gateway: signed.record.attributes.gateway,
        reachable: paths.distances[index] !== UNREACHABLE,
        hops: hops[index] ?? 0,
      }));
    },
  };
}

function buildTopology(
  version: number,
  records: readonly PooledRecord[],
  selfKey: ByteKey,
  isFailed: (owner: ByteKey, port: number) => boolean = () => false,
): Topology {
  const indices = new Map(
    records.map(({ signed }, index) => [byteKey(signed.record.originator), index]),
  );
  /** `from · nodes + to` of every link that its start reports. */
  const reported = new Set<number>();
  const links: { from: number; to: number; weight: number; port: number }[] = [];
  records.forEach(({ signed }, from) => {
    const key = byteKey(signed.record.originator);
    for (const { peer, port, weight } of signed.record.neighbours) {
      const to = indices.get(byteKey(peer));
      // A link that one end does not report is none: a failed direction takes the other with it.
      if (to === undefined || isFailed(key, port)) continue;
      reported.add(from * records.length + to);
      links.push({ from, to, weight, port });
    }
  });
  const mutual = links.filter(({ from, to }) => reported.has(to * records.length + from));
  const graph = packGraph(records.length, {
    froms: mutual.map(({ from }) => from),
    tos: mutual.map(({ to }) => to),
    weights: mutual.map(({ weight }) => weight),
    ports: mutual.map(({ port }) => port),
  });
  const paths = shortestPaths(graph, indices.get(selfKey) ?? 0);
  const hops = hopCounts(paths);
  return { version, records, indices, graph, paths, hops, routes: new Map() };
}

function routeAlong(
  { graph, records, paths }: Topology,
  nodes: readonly number[],
  target: number,
): Result<Route, 'ROUTING_ROUTE_TOO_LONG'> {
  const ports = nodes
    .slice(1)
    .map((node, i) => graph.ports[arcTo(graph, nodes[i] ?? 0, node)] ?? 0);
  const hops = nodes.slice(1).flatMap((node) => {
    const record = records[node]?.signed.record;
    return record === undefined ? [] : [record.originator];
  });
  const encoded = encodePorts(ports);
  if (encoded.length > ROUTE_BYTES_MAX) {
    const destination = peerIdText(hops.at(-1) ?? new Uint8Array(0));
    const data = { destination, bytes: encoded.length, bytesMax: ROUTE_BYTES_MAX };
    return fail('ROUTING_ROUTE_TOO_LONG', data);
  }
  return ok({ hops, ports, encoded, weight: paths.distances[target] ?? UNREACHABLE });
}
