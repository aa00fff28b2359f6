// Ways for packets, out of the live topology: for this node's own by its policy, for those that a dead link stranded here
// by the cheapest path around it, to gateways by the shortest. To relays a way is a run of ports.

import { compareBytes } from '../core/bytes.ts';
import { fail, ok, type Result } from '../core/errors.ts';
import { peerIdText } from '../core/peer-id.ts';
import type { Clock } from '../env/clock.ts';
import type { Rng } from '../env/rng.ts';
import type { FailedLink } from '../wire/failed-links.ts';
import { encodePorts, ROUTE_BYTES_MAX } from '../wire/ports.ts';
import { pathPrice } from './congestion-marking.ts';
import { explain, type RouteExplanation } from './explain.ts';
import { disjointPaths } from './graph/disjoint-paths.ts';
import { arcTo, hopCounts, nodePath, NONE, UNREACHABLE } from './graph/graph.ts';
import type { LinkStateDatabase } from './link-state-database.ts';
import { LiveTopology } from './live-topology.ts';
import { createPathTomography, type PathTomography } from './path-tomography.ts';
import { createPolicy } from './policies/policies.ts';
import { searchPaths } from './policies/path-search.ts';
import { DEFAULT_CRITERIA } from './policies/route-criteria.ts';
import { pathsBeside } from './ways-beside.ts';
import type {
  PathChoice,
  PolicyName,
  RouteCriteria,
  RoutePolicy,
} from './policies/route-policy.ts';

/** A topology that nobody asked for so long is let go. */
export const TOPOLOGY_IDLE_MS = 60_000;
/** Flows whose path is remembered for the feedback that is to come; the one used longest ago goes first. */
export const FLOWS_MAX = 4_096;
/** Detours that are remembered for one state of the topology. */
const DETOURS_KEPT_MAX = 1_024;
/** Node-disjoint routes to one destination: what a redundancy of three asks for. */
export const DISJOINT_ROUTES_MAX = 3;
/** What marks tell of links, for criteria that look at congestion: half forgotten in the time that a queue takes to drain. */
const PRICES = { linksMax: 4_096, halfLifeMs: 5_000, gain: 0.5 };

/** FNV-1a over the nodes of a path. */
const LABEL_OFFSET = 0x811c_9dc5;
const LABEL_PRIME = 0x0100_0193;

export interface Route {
  /** PeerIds from the first hop to the destination. */
  readonly hops: readonly Uint8Array[];
  /** One port for each hop: this node's first. */
  readonly ports: readonly number[];
  /** `ports` as a packet carries them, at most `ROUTE_BYTES_MAX`. */
  readonly encoded: Uint8Array;
  readonly weight: number;
  /** 32 bits that tell this way from others: xored into a packet's flow id, so that feedback tells of one path. */
  readonly label: number;
}

export type PlannedRoute = Result<Route, 'ROUTING_ROUTE_TOO_LONG'>;

export interface KnownNode {
  /** PeerId. */
  readonly peer: Uint8Array;
  readonly gateway: boolean;
  readonly reachable: boolean;
  /** 0 for this node, and for what is not reachable. */
  readonly hops: number;
  /** Milliseconds since links last led there, 0 while they do; `null` if they never did. */
  readonly seenMsAgo: number | null;
}

/** A gateway that links lead to. */
export interface NearGateway {
  /** PeerId. */
  readonly peer: Uint8Array;
  readonly hops: number;
  /** Of the cheapest way there. */
  readonly weight: number;
}

/** Whether links lead to a peer; `suspect`: only over an own link that does not answer. */
export type Reach = 'good' | 'suspect' | 'none';

/** What a detour has to avoid. */
export interface Avoided {
  /** Failed links that the packet met on its way. */
  readonly links: readonly FailedLink[];
  /** Whether an own link carries packets; by port. */
  isUsable(port: number): boolean;
}

/** What came back of the packets of a flow. */
export interface FlowFeedback {
  readonly delivered: number;
  readonly lost: number;
  /** Of the delivered ones. */
  readonly marked: number;
  readonly roundTripMs: number | null;
}

/** An explanation with the PeerIds of its nodes, by node number. */
export interface NamedExplanation {
  readonly explanation: RouteExplanation;
  peerOf(node: number): Uint8Array;
}

export interface RoutePlannerConfig {
  /** PeerId of this node, which has a record in the database. */
  readonly self: Uint8Array;
  readonly database: LinkStateDatabase;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly policy: PolicyName;
  /** Default `DEFAULT_CRITERIA`. */
  readonly criteria?: RouteCriteria;
  /** Whether the own link of this port does not answer. */
  isSuspect(port: number): boolean;
}

export class RoutePlanner {
  readonly #config: RoutePlannerConfig;
  readonly #criteria: RouteCriteria;
  #policy: RoutePolicy;
  #prices: PathTomography = createPathTomography(PRICES);
  #topology: LiveTopology | null = null;
  #usedAtMs = 0;
  /** Of a choice that the policy gives again and again the route is made once. */
  #routes = new WeakMap<PathChoice, PlannedRoute>();
  #routesOf = -1;
  /** Of this state of the topology. */
  readonly #detours = new Map<string, Route | null>();
  #gateways: readonly NearGateway[] = [];
  #gatewaysOf = -1;
  /** The path of each flow, by destination and labelled flow id; the one used longest ago first. */
  readonly #flows = new Map<number, PathChoice>();

  constructor(config: RoutePlannerConfig) {
    this.#config = config;
    this.#criteria = config.criteria ?? DEFAULT_CRITERIA;
    this.#policy = createPolicy(config.policy);
  }

  get policy(): PolicyName {
    return this.#policy.name;
  }

  /** Bytes of topology, policy and tables; little while no packet of this node's own was sent of late. */
  get stateBytes(): number {
    return (this.#topology?.stateBytes ?? 0) + this.#policy.stateBytes + this.#prices.stateBytes;
  }

  /** The way for a packet of this flow by the node's policy; `null` if none leads there. */
  routeTo(peer: Uint8Array, flowId: number): PlannedRoute | null {
    const topology = this.#current();
    const target = topology.nodeOf(peer);
    if (target === NONE || target === topology.source) return null;
    const choice = this.#policy.choose(topology, target, flowId, this.#criteria);
    // A suspect link that is the only way may still come back.
    if (choice === null) return this.cheapestTo(peer);
    const route = this.#routes.get(choice) ?? routeAlong(topology, choice.nodes);
    this.#routes.set(choice, route);
    if (route.ok) this.#remember(target, flowId ^ route.value.label, choice);
    return route;
  }

  /** The cheapest way, whatever the policy: for gateways on the way, notices, and to show. */
  cheapestTo(peer: Uint8Array): PlannedRoute | null {
    const topology = this.#current();
    const target = topology.nodeOf(peer);
    const nodes = target === NONE ? null : nodePath(topology.paths, target);
    return nodes === null || nodes.length < 2 ? null : routeAlong(topology, nodes);
  }

  /** What the cheapest way costs; `null` if none leads there, 0 to this node. */
  costTo(peer: Uint8Array): number | null {
    const topology = this.#current();
    const target = topology.nodeOf(peer);
    const distance = target === NONE ? UNREACHABLE : topology.paths.distances[target];
    return distance === undefined || distance === UNREACHABLE ? null : distance;
  }

  /** The cheapest way to `destination` without what is avoided; `null` if there is none, or it is too long. */
  detourTo(destination: Uint8Array, avoided: Avoided): Route | null {
    const topology = this.#current();
    const target = topology.nodeOf(destination);
    if (target === NONE || target === topology.source) return null;
    // All packets that a dead link strands ask the same, one after the other.
    const question = questionOf(topology, target, avoided);
    const known = this.#detours.get(question);
    if (known !== undefined) return known;
    const route = this.#plannedAround(topology, target, avoided);
    if (this.#detours.size >= DETOURS_KEPT_MAX) this.#detours.clear();
    this.#detours.set(question, route);
    return route;
  }

  #plannedAround(topology: LiveTopology, target: number, avoided: Avoided): Route | null {
    const failed = this.#failedArcs(topology, avoided);
    const nodes = nodePath(topology.paths, target);
    const whole = nodes !== null && !crosses(topology, nodes, failed);
    const around = whole ? nodes : searchAround(topology, target, failed);
    if (around === null) return null;
    const route = routeAlong(topology, around);
    return route.ok ? route.value : null;
  }

  /** PeerId of the nearest reachable gateway other than this node and `except`, `null` if there is none. */
  nearestGateway(except?: Uint8Array): Uint8Array | null {
    const nearest = this.gateways().find(
      ({ peer }) => except === undefined || compareBytes(peer, except) !== 0,
    );
    return nearest?.peer ?? null;
  }

  /** Every gateway but this node that links lead to, the nearest first. The same array while the topology is the same. */
  gateways(): readonly NearGateway[] {
    const topology = this.#current();
    if (this.#gatewaysOf === topology.version) return this.#gateways;
    this.#gatewaysOf = topology.version;
    const { distances } = topology.paths;
    const hops = hopCounts(topology.paths);
    const gateways: NearGateway[] = [];
    for (const [node, { signed }] of topology.entries()) {
      const { attributes, originator } = signed.record;
      const weight = distances[node] ?? UNREACHABLE;
      if (!attributes.gateway || node === topology.source || weight === UNREACHABLE) continue;
      gateways.push({ peer: originator, hops: hops[node] ?? 0, weight });
    }
    this.#gateways = gateways.sort(
      (a, b) => a.weight - b.weight || a.hops - b.hops || compareBytes(a.peer, b.peer),
    );
    return this.#gateways;
  }

  /** Whether links lead to a peer now. Costs a step for each hop. */
  reach(peer: Uint8Array): Reach {
    const topology = this.#current();
    const target = topology.nodeOf(peer);
    if (target === NONE) return 'none';
    if (target === topology.source) return 'good';
    const nodes = nodePath(topology.paths, target);
    const first = nodes?.[1];
    if (first === undefined) return 'none';
    const arc = arcTo(topology.graph, topology.source, first);
    return this.#config.isSuspect(topology.graph.ports[arc] ?? 0) ? 'suspect' : 'good';
  }

  /** Every node with a record, this one included, ascending by PeerId. */
  nodes(): readonly KnownNode[] {
    const topology = this.#current();
    const { distances } = topology.paths;
    const hops = hopCounts(topology.paths);
    const { database } = this.#config;
    const { nowMs } = topology;
    return [...topology.entries()]
      .map(([node, { signed, originator }]) => ({
        peer: signed.record.originator,
        gateway: signed.record.attributes.gateway,
        reachable: distances[node] !== UNREACHABLE,
        hops: hops[node] ?? 0,
        seenMsAgo: msAgo(database.seenAtMs(originator, nowMs), nowMs),
      }))
      .sort((a, b) => compareBytes(a.peer, b.peer));
  }

  /** The node-disjoint routes of least cost to a peer, up to `DISJOINT_ROUTES_MAX`; as many as there are. */
  disjointRoutes(peer: Uint8Array): readonly Route[] {
    const topology = this.#current();
    const target = topology.nodeOf(peer);
    if (target === NONE || target === topology.source) return [];
    const { graph, noTransit } = topology;
    const options = { kind: 'node', count: DISJOINT_ROUTES_MAX, noTransit } as const;
    return disjointPaths(graph, topology.source, target, options).paths.flatMap(({ nodes }) => {
      const route = routeAlong(topology, nodes);
      return route.ok ? [route.value] : [];
    });
  }

  /** Ways to have at hand beside one in use, at most `count`, the most different first. */
  waysBeside(peer: Uint8Array, route: Route, count: number): readonly Route[] {
    const topology = this.#current();
    const target = topology.nodeOf(peer);
    if (target === NONE || target === topology.source) return [];
    const path = [topology.source, ...route.hops.map((hop) => topology.nodeOf(hop))];
    if (path.includes(NONE) || path.at(-1) !== target) return [];
    return pathsBeside(topology.graph, path, count, topology.noTransit).flatMap((nodes) => {
      const beside = routeAlong(topology, nodes);
      return beside.ok && !this.#config.isSuspect(beside.value.ports[0] ?? 0) ? [beside.value] : [];
    });
  }

  /** Whether the links of a route are there as it names them, and the first one answers. Costs a step for each hop. */
  isIntact(route: Route): boolean {
    const topology = this.#current();
    const { graph } = topology;
    let from = topology.source;
    for (const [i, hop] of route.hops.entries()) {
      const to = topology.nodeOf(hop);
      const arc = to === NONE ? NONE : arcTo(graph, from, to);
      if (arc === NONE || graph.ports[arc] !== route.ports[i]) return false;
      from = to;
    }
    return !this.#config.isSuspect(route.ports[0] ?? 0);
  }

  /** Grows with each change of the topology that routes are planned on. */
  get version(): number {
    return this.#current().version;
  }

  /** Why packets go where they go; `null` if the peer is not known. */
  explain(peer: Uint8Array): NamedExplanation | null {
    const topology = this.#current();
    const target = topology.nodeOf(peer);
    if (target === NONE || target === topology.source) return null;
    const explanation = explain(topology, target, this.#criteria, this.#policy);
    return { explanation, peerOf: (node) => topology.peerOf(node) };
  }

  /** Tells the policy what became of packets. `flowId`: as they bore it, with the label of their way in it. */
  feedback(peer: Uint8Array, flowId: number, feedback: FlowFeedback): void {
    const topology = this.#topology;
    if (topology === null) return;
    topology.sync();
    const target = topology.nodeOf(peer);
    if (target === NONE || target === topology.source) return;
    const nodes = this.#flows.get(flowKey(target, flowId))?.nodes;
    if (nodes === undefined) return;
    const { delivered, marked } = feedback;
    if (delivered > 0) this.#prices.observe(nodes, pathPrice(marked / delivered), topology.nowMs);
    this.#policy.feedback(topology, { nodes, ...feedback });
  }

  /** Lets an idle topology go. Call it every few seconds. */
  sweep(): void {
    if (this.#topology === null) return;
    if (this.#config.clock.now() - this.#usedAtMs < TOPOLOGY_IDLE_MS) return;
    this.#topology = null;
    this.#routesOf = -1;
    this.#gatewaysOf = -1;
    this.#flows.clear();
    this.#prices = createPathTomography(PRICES);
    this.#policy = createPolicy(this.#policy.name);
  }

  #remember(target: number, flowId: number, choice: PathChoice): void {
    const key = flowKey(target, flowId);
    this.#flows.delete(key);
    this.#flows.set(key, choice);
    if (this.#flows.size <= FLOWS_MAX) return;
    const oldest = this.#flows.keys().next().value;
    if (oldest !== undefined) this.#flows.delete(oldest);
  }

  #current(): LiveTopology {
    const { self, database, clock, rng } = this.#config;
    this.#topology ??= new LiveTopology(self, {
      database,
      clock,
      rng,
      prices: this.#prices,
      isSuspect: (port) => this.#config.isSuspect(port),
    });
    this.#topology.sync();
    this.#usedAtMs = clock.now();
    if (this.#routesOf !== this.#topology.version) {
      this.#routesOf = this.#topology.version;
      this.#routes = new WeakMap();
      this.#detours.clear();
    }
    return this.#topology;
  }

  /** Arcs of failed links: a link that fails one way is used in neither. */
  #failedArcs(topology: LiveTopology, avoided: Avoided): ReadonlySet<number> {
    const { graph, source } = topology;
    const failed = new Set<number>();
    const fail = (owner: number, isFailed: (port: number) => boolean): void => {
      const end = graph.ends[owner] ?? 0;
      for (let arc = graph.starts[owner] ?? 0; arc < end; arc += 1) {
        if (!isFailed(graph.ports[arc] ?? 0)) continue;
        failed.add(arc);
        failed.add(arcTo(graph, graph.targets[arc] ?? NONE, owner));
      }
    };
    fail(source, (port) => !avoided.isUsable(port));
    for (const { owner, port } of avoided.links) {
      for (const [node, { signed }] of topology.entries()) {
        const { originator } = signed.record;
        if (owner.every((byte, i) => byte === originator[i])) fail(node, (one) => one === port);
      }
    }
    return failed;
  }
}

/** What a detour depends on besides the topology: where to, and without what. */
function questionOf({ graph, source }: LiveTopology, target: number, avoided: Avoided): string {
  let question = String(target);
  const end = graph.ends[source] ?? 0;
  for (let arc = graph.starts[source] ?? 0; arc < end; arc += 1) {
    const port = graph.ports[arc] ?? 0;
    if (!avoided.isUsable(port)) question += ` ${port}`;
  }
  for (const { owner, port } of avoided.links) question += ` ${owner.join('.')}:${port}`;
  return question;
}

function msAgo(atMs: number | null, nowMs: number): number | null {
  return atMs === null ? null : nowMs - atMs;
}

/** The cheapest path that crosses no failed arc. */
function searchAround(
  topology: LiveTopology,
  target: number,
  failed: ReadonlySet<number>,
): readonly number[] | null {
  const { weights } = topology.graph;
  const cost = (arc: number): number => (failed.has(arc) ? Infinity : (weights[arc] ?? 0));
  return nodePath(searchPaths(topology, cost, target), target);
}

function crosses(
  { graph }: LiveTopology,
  nodes: readonly number[],
  arcs: ReadonlySet<number>,
): boolean {
  for (let i = 1; i < nodes.length; i += 1) {
    if (arcs.has(arcTo(graph, nodes[i - 1] ?? NONE, nodes[i] ?? NONE))) return true;
  }
  return false;
}

/** Flow ids have 32 bits, node numbers fewer than 20: exact. */
function flowKey(target: number, flowId: number): number {
  return target * 2 ** 32 + (flowId >>> 0);
}

function routeAlong(topology: LiveTopology, nodes: readonly number[]): PlannedRoute {
  const { graph } = topology;
  const ports: number[] = [];
  let weight = 0;
  let label = LABEL_OFFSET;
  for (let i = 1; i < nodes.length; i += 1) {
    const arc = arcTo(graph, nodes[i - 1] ?? NONE, nodes[i] ?? NONE);
    ports.push(graph.ports[arc] ?? 0);
    weight += graph.weights[arc] ?? 0;
    label = Math.imul(label ^ (nodes[i] ?? 0), LABEL_PRIME);
  }
  const hops = nodes.slice(1).map((node) => topology.peerOf(node));
  const encoded = encodePorts(ports);
  if (encoded.length > ROUTE_BYTES_MAX) {
    const destination = peerIdText(hops.at(-1) ?? new Uint8Array(0));
    const data = { destination, bytes: encoded.length, bytesMax: ROUTE_BYTES_MAX };
    return fail('ROUTING_ROUTE_TOO_LONG', data);
  }
  return ok({ hops, ports, encoded, weight, label: label >>> 0 });
}
