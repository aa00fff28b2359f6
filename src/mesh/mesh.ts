// A node's view of its mesh: links, link state, routes, forwarding, and end-to-end sealed datagrams between any two
// members, or across gateways. It takes its world as an argument and touches no socket, so the simulator runs it as is.

import { bytesEqual } from '../core/bytes.ts';
import { BitcrapsError, fail, type Result } from '../core/errors.ts';
import type { Timer } from '../env/clock.ts';
import type { Link } from '../env/link.ts';
import type { MemberReports } from '../resilience/partitions/member-links.ts';
import {
  heartbeatStretch,
  linkStretch,
  type LinkStretch,
  POWER_DEFAULTS,
  type PowerConfig,
  type PowerState,
} from '../resilience/power/power-plan.ts';
import { createLinkState, type LinkState } from '../routing/link-state.ts';
import { PLAIN_NODE, type NodeAttributes } from '../routing/node-attributes.ts';
import {
  RoutePlanner,
  type NamedExplanation,
  type NearGateway,
  type Reach,
} from '../routing/route-planner.ts';
import { revisionOf } from '../versioning/negotiate.ts';
import { featuresOf } from '../versioning/offer.ts';
import { FrameType } from '../wire/frame.ts';
import type { Bridge } from './bridge.ts';
import { LinkStateDriver } from './link-state-driver.ts';
import { LINK_STATE_KIND, LINK_STATE_TYPE } from './link-state-frame-types.ts';
import type {
  Mesh,
  MeshConfig,
  MeshDeps,
  MeshMessage,
  MeshSendErrorCode,
} from './mesh-contract.ts';
import type { FlowFeedback } from './flow-feedback.ts';
import { EndToEnd } from './end-to-end.ts';
import { createMeshGauges, type MeshSizes } from './mesh-gauges.ts';
import type { SuspicionCause } from './link-watch-config.ts';
import { RESILIENCE_DEFAULTS } from '../resilience/config.ts';
import { LocalHealth } from '../resilience/detector/local-health.ts';
import { PhiDetectors } from '../resilience/detector/phi-accrual.ts';
import { LinkAnnouncer } from './link-announcer.ts';
import { memberReports } from './member-reports.ts';
import { meshHello, recordNetwork } from './mesh-hello.ts';
import { MeshLinks, type MeshLink } from './mesh-links.ts';
import {
  neighbourInfo,
  routeInfo,
  type Member,
  type MeshCounters,
  type MeshLinkEvent,
  type NeighbourInfo,
  type RedundancyInfo,
  type RouteInfo,
} from './mesh-view.ts';
import type { ControlFrameType, NeighbourClose, OutgoingFrame } from './neighbour.ts';
import type { SwitchErrorCode } from './packet-switch-config.ts';
import { PacketSwitch } from './packet-switch.ts';
import { createProofChecks } from './proof-checks.ts';
import type { SessionInfo } from './peer-sessions.ts';
import { TrafficMeter } from './traffic.ts';

export { PAYLOAD_BYTES_MAX } from './session.ts';
export type { Mesh, MeshConfig, MeshDeps, MeshMessage } from './mesh-contract.ts';
export type { FlowFeedback } from './flow-feedback.ts';
export type { Bridge, ChooseGateway } from './bridge.ts';

/** Unreachable originators and aging sessions are looked for so often. */
const SWEEP_INTERVAL_MS = 10_000;
/** A suspect link that is the only way is down to the mesh once so many more answers failed to come: a partition. */
const ONLY_WAY_ACKS = 1;

export function createMesh(config: MeshConfig, deps: MeshDeps): Mesh {
  return new MeshNode(config, deps);
}

class MeshNode implements Mesh {
  readonly self: Uint8Array;
  readonly #deps: MeshDeps;
  readonly #meter: TrafficMeter;
  readonly #linkState: LinkState;
  #attributes: NodeAttributes;
  /** What it is while it has the energy. */
  readonly #isRelay: boolean;
  #isGateway: boolean;
  readonly #power: PowerConfig;
  readonly #routes: RoutePlanner;
  readonly #links: MeshLinks;
  readonly #switch: PacketSwitch;
  readonly #ends: EndToEnd;
  /** How long a suspect link that is the only way has to answer. */
  readonly #onlyWayMs: number;
  readonly #gauges: (sizes: MeshSizes) => void;
  readonly #announcer: LinkAnnouncer;
  readonly #driver: LinkStateDriver;
  #sweep: Timer;
  /** Links that came, went, stopped to answer or did again. */
  #linkChanges = 0;
  #stopped = false;

  constructor(config: MeshConfig, deps: MeshDeps) {
    const { identity, networkId, gateway } = config;
    const { primitives, clock, rng, logger, metrics, bootEpoch } = deps;
    const usesGateways = featuresOf(config.version).some(({ name }) => name === 'GatewayNodes');
    this.self = identity.publicKey;
    this.#deps = deps;
    this.#onlyWayMs = ONLY_WAY_ACKS * config.ackTimeoutMsMax;
    this.#meter = new TrafficMeter(metrics);
    this.#announcer = new LinkAnnouncer(logger);
    this.#gauges = createMeshGauges(metrics);
    this.#power = config.power ?? POWER_DEFAULTS;
    this.#isRelay = config.attributes?.relays ?? PLAIN_NODE.relays;
    this.#isGateway = gateway && usesGateways;
    this.#attributes = { ...PLAIN_NODE, ...config.attributes, gateway: this.#isGateway };
    this.#linkState = createLinkState(
      {
        identity,
        networkId: recordNetwork(config),
        attributes: this.#attributes,
        bootEpoch,
      },
      deps,
    );
    this.#routes = new RoutePlanner({
      self: this.self,
      database: this.#linkState.database,
      clock,
      rng,
      policy: config.policy ?? 'dijkstra',
      ...(config.criteria === undefined ? {} : { criteria: config.criteria }),
      isSuspect: (port) => this.#links.byPort(port)?.neighbour.suspect === true,
    });
    this.#ends = new EndToEnd(config, deps, {
      routes: this.#routes,
      meter: this.#meter,
      packetSwitch: () => this.#switch,
      stretch: () => this.stretch,
    });
    this.#links = new MeshLinks({
      ...config,
      primitives,
      clock,
      logger,
      bootEpoch,
      detectors: new PhiDetectors({ phiThreshold: RESILIENCE_DEFAULTS.phiThreshold, ...config }),
      localHealth: deps.localHealth ?? new LocalHealth(),
      ...(deps.accounts === undefined ? {} : { accounts: deps.accounts }),
      ...(deps.packetQueue === undefined ? {} : { packetQueue: deps.packetQueue }),
      checkProof: createProofChecks({ ...deps, networkId, bits: config.proofBits }),
      hello: (frameBytesMax) => meshHello(config, rng, frameBytesMax),
      energy: () => this.#attributes.energy,
      stretch: (peer) => this.#linkStretch(peer),
      handlers: {
        up: (link, port) => this.#linkUp(link, port),
        down: (link, port, reason) => this.#linkDown(link, port, reason),
        over: (link, port) =>
          link.neighbour.handOver((packet) => this.#switch.reroute(packet, port, true)),
        suspected: (link, port, cause) => this.#linkSuspected(link, port, cause),
        recovered: (link, port) => this.#linkRecovered(link, port),
        refused: (link, reason) => this.#announcer.closed(link, reason, false),
        reweighed: (link, port) => this.#linkReweighed(link, port),
        frame: (link, type, payload) => this.#receive(link, type, payload),
        packet: (link, frame, nowMs) => this.#stopped || this.#switch.receive(frame, link, nowMs),
        nextControl: (port) => this.#nextControl(port),
      },
    });
    this.#switch = new PacketSwitch({
      self: this.self,
      version: config.version,
      usesGateways,
      gateway,
      bridging: (config.purpose ?? 'mesh') === 'bridge',
      clock,
      rng,
      logger,
      meter: this.#meter,
      routes: this.#routes,
      links: this.#links,
      ...(deps.chooseGateway === undefined ? {} : { chooseGateway: deps.chooseGateway }),
      ways: this.#ends.ways,
      deliver: (header, body, port) => this.#ends.deliver(header, body, port),
      lost: (destination, code) => this.#ends.tellUnreachable(destination, code),
    });
    this.#sweep = clock.after(SWEEP_INTERVAL_MS, () => this.#sweepUp());
    this.#driver = new LinkStateDriver({
      clock,
      linkState: this.#linkState,
      wakeLinks: () => this.#links.wake(),
      version: () => this.version,
    });
    this.#driver.onChange(() => this.#ends.ways.changed());
  }

  addLink(link: Link): void {
    this.#links.add(link);
  }

  send(
    destination: Uint8Array,
    protocol: number,
    payload: Uint8Array,
  ): Result<void, MeshSendErrorCode> {
    return this.#ends.send(destination, protocol, payload);
  }

  handle(protocol: number, receive: (message: MeshMessage) => void): void {
    this.#ends.handle(protocol, receive);
  }

  onUnreachable(listener: (destination: Uint8Array, code: string) => void): void {
    this.#ends.onUnreachable(listener);
  }

  onLink(listener: (event: MeshLinkEvent) => void): void {
    this.#announcer.listen(listener);
  }

  onFeedback(listener: (feedback: FlowFeedback) => void): void {
    this.#ends.onFeedback(listener);
  }

  setLocation(location: NodeAttributes['location']): void {
    this.#setAttributes({ location });
  }

  retireGateway(): void {
    this.#isGateway = false;
    this.#setAttributes({ gateway: false });
  }

  setPower({ energy, relays }: PowerState): void {
    this.#setAttributes({
      energy,
      relays: relays && this.#isRelay,
      gateway: relays && this.#isGateway,
    });
  }

  get stretch(): number {
    return heartbeatStretch(this.#attributes.energy, this.#power);
  }

  setBridge(bridge: Bridge): void {
    this.#switch.bridge = bridge;
  }

  inject(packet: Uint8Array): Result<void, SwitchErrorCode> {
    return this.#stopped ? fail('MESH_STOPPED', {}) : this.#switch.inject(packet);
  }

  carry(packet: Uint8Array, exit: Uint8Array): Result<void, SwitchErrorCode> {
    return this.#stopped ? fail('MESH_STOPPED', {}) : this.#switch.carry(packet, exit);
  }

  wayTo(peer: Uint8Array, flowId: number | null): Uint8Array | null {
    return this.#switch.wayTo(peer, flowId);
  }

  passOn(frame: Uint8Array, route: Uint8Array, nowMs: number): Result<void, SwitchErrorCode> {
    return this.#stopped ? fail('MESH_STOPPED', {}) : this.#switch.passOn(frame, route, nowMs);
  }

  sendPresence(peer: Uint8Array, payload: Uint8Array): boolean {
    const link = this.#links.byPeer(peer);
    return link !== undefined && link.neighbour.send(FrameType.presence, payload).ok;
  }

  get version(): number {
    return this.#linkState.database.version + this.#linkChanges;
  }

  onChange(listener: () => void): void {
    this.#driver.onChange(listener);
  }

  memberReports(): MemberReports {
    return memberReports(this.#linkState.database, this.self);
  }

  cost(peer: Uint8Array): number | null {
    return this.#routes.costTo(peer);
  }

  members(): readonly Member[] {
    return this.#routes.nodes();
  }

  gateways(): readonly NearGateway[] {
    return this.#routes.gateways();
  }

  reach(peer: Uint8Array): Reach {
    return this.#routes.reach(peer);
  }

  neighbours(): readonly NeighbourInfo[] {
    const nowMs = this.#deps.clock.now();
    return [...this.#links.active()].map((link) => neighbourInfo(link, nowMs));
  }

  route(destination: Uint8Array): RouteInfo | null {
    if (bytesEqual(destination, this.self)) return { via: 'direct', hops: [], weight: 0 };
    const plan = this.#switch.plan(destination, 0);
    return plan.ok ? routeInfo(plan.value) : null;
  }

  disjointRoutes(destination: Uint8Array): readonly RouteInfo[] {
    return this.#routes
      .disjointRoutes(destination)
      .map((route) => routeInfo({ kind: 'direct', route }));
  }

  doubt(destination: Uint8Array, protocol: number, sinceMs: number): boolean {
    return this.#ends.ways.silent(destination, protocol, sinceMs);
  }

  onWayLeft(listener: (destination: Uint8Array) => void): void {
    this.#ends.onWayLeft(listener);
  }

  onSilence(listener: (destination: Uint8Array, isSilent: boolean) => void): void {
    this.#ends.onSilence(listener);
  }

  probeWays(destination: Uint8Array): void {
    this.#ends.ways.probeAll(destination);
  }

  redundancy(): RedundancyInfo {
    return { ...this.#ends.ways.counts, switchedByDetector: this.#switch.detoured };
  }

  explain(destination: Uint8Array): NamedExplanation | null {
    return this.#routes.explain(destination);
  }

  get stateBytes(): number {
    return this.#linkState.stateBytes + this.#routes.stateBytes;
  }

  sessions(): readonly SessionInfo[] {
    return this.#ends.sessions();
  }

  counters(): MeshCounters {
    return {
      total: this.#meter.total,
      neighbours: [...this.#links.active()].map(({ neighbour, traffic }) => ({
        peer: neighbour.link.remoteKey,
        traffic,
      })),
      linkState: this.#linkState.counters,
    };
  }

  stop(): void {
    if (this.#stopped) return;
    this.#linkState.leave();
    this.#links.wake();
    this.#stopped = true;
    this.#sweep.cancel();
    this.#driver.stop();
    this.#ends.stop();
    this.#links.stop();
  }

  #setAttributes(attributes: Partial<NodeAttributes>): void {
    if (this.#stopped) return;
    this.#attributes = { ...this.#attributes, ...attributes };
    this.#linkState.setAttributes(this.#attributes);
    this.#driver.spread();
  }

  #linkStretch(peer: Uint8Array): LinkStretch {
    const other = this.#linkState.database.get(peer)?.signed.record.attributes.energy ?? null;
    return linkStretch(this.#attributes.energy, other, this.#power);
  }

  #linkUp(link: MeshLink, port: number): void {
    this.#linkChanges += 1;
    this.#linkStateUp(link, port);
    this.#announcer.established(link, port);
    this.#driver.spread();
  }

  #linkDown(link: MeshLink, port: number, reason: NeighbourClose): void {
    this.#linkChanges += 1;
    this.#linkState.linkDown(port);
    this.#announcer.closed(link.neighbour.link, reason, true);
    if (!this.#stopped) this.#driver.spread();
  }

  #linkReweighed(link: MeshLink, port: number): void {
    this.#linkState.reweigh(port, link.meter.weight, link.meter.metrics);
    this.#driver.spread();
  }

  /**
   * Where there is another way to the neighbour, the link is down to the mesh, so that nobody routes over it, and its
   * packets go round it without waiting for that. A link that is the only way stays for a while: nothing better is known.
   */
  #linkSuspected(link: MeshLink, port: number, cause: SuspicionCause): void {
    this.#linkChanges += 1;
    if (this.#stopped) return;
    this.#ends.ways.changed();
    this.#announcer.suspected(link, cause);
    const giveUp = (): void => {
      this.#linkState.linkDown(port);
      this.#driver.spread();
    };
    if (this.#switch.hasWayAround(link.neighbour.link.remoteKey, port)) giveUp();
    else {
      this.#deps.clock.after(this.#onlyWayMs, () => {
        if (!this.#stopped && link.port === port && link.neighbour.suspect) giveUp();
      });
    }
    link.neighbour.handOver((packet) => this.#switch.reroute(packet, port, false));
  }

  #linkRecovered(link: MeshLink, port: number): void {
    this.#linkChanges += 1;
    if (this.#stopped) return;
    this.#linkStateUp(link, port);
    this.#driver.spread();
    this.#announcer.recovered(link);
  }

  #linkStateUp({ neighbour, negotiation, meter }: MeshLink, port: number): void {
    const revision = revisionOf(negotiation, 'EnhancedRouting');
    const options = { revision, metrics: meter.metrics };
    this.#linkState.linkUp(port, neighbour.link.remoteKey, meter.weight, options);
  }

  #receive(link: MeshLink, type: ControlFrameType, payload: Uint8Array): void {
    if (this.#stopped) return;
    if (type === FrameType.presence) {
      const unexpected = (): BitcrapsError => new BitcrapsError('MESH_FRAME_UNEXPECTED', { type });
      const { presence = unexpected } = this.#deps;
      const fault = presence(link.neighbour.link.remoteKey, payload);
      if (fault !== null) link.neighbour.fault(fault);
      return;
    }
    const received = this.#linkState.receive(LINK_STATE_KIND[type], payload, link.port);
    if (received.kind === 'fault') link.neighbour.fault(received.error);
    this.#driver.spread();
  }

  #nextControl(port: number): OutgoingFrame | null {
    const frame = this.#linkState.next(port);
    if (frame === null) return null;
    const { kind, payload } = frame;
    return { type: LINK_STATE_TYPE[kind], payload, hasHeadroom: kind === 'update' };
  }

  #sweepUp(): void {
    const { clock } = this.#deps;
    this.#linkState.database.age(clock.now());
    this.#ends.sweep();
    this.#routes.sweep();
    this.#gauges({
      links: [...this.#links.active()].length,
      members: this.#linkState.database.attached,
      sessions: this.#ends.sessions().length,
    });
    this.#sweep = clock.after(this.stretch * SWEEP_INTERVAL_MS, () => this.#sweepUp());
  }
}
