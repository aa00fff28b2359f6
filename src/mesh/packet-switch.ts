// A node's part in moving packets: gives its own a route, carries out what the forwarder decides for others', hands
// packets for other meshes to the bridge, and tells sources what could not be delivered.

import { unreachable } from '../core/assert.ts';
import { bytesEqual } from '../core/bytes.ts';
import { fail, ok, type ErrorCode, type Result } from '../core/errors.ts';
import { peerIdShort, peerIdText } from '../core/peer-id.ts';
import { randomBytes } from '../crypto/random-bytes.ts';
import {
  createForwarder,
  type Decision,
  type Forwarder,
  type RoutingDropCode,
} from '../routing/forwarder.ts';
import type { PlannedRoute } from '../routing/route-planner.ts';
import { formatVersion } from '../versioning/protocol-version.ts';
import { readU64 } from '../wire/big-endian.ts';
import { FrameType } from '../wire/frame.ts';
import {
  decodePacketHeader,
  encodePacket,
  FLAG_WAY_LEFT,
  PacketType,
  packetHeader,
  replaceRoute,
  rerouted,
  type DecodedPacketHeader,
} from '../wire/packet.ts';
import { TrafficClass, withTrafficClass } from '../wire/traffic-class.ts';
import type { Bridge } from './bridge.ts';
import { Detours } from './detours.ts';
import type { MeshLink } from './mesh-links.ts';
import type {
  OriginateOptions,
  PacketSwitchConfig,
  SwitchErrorCode,
} from './packet-switch-config.ts';
import { NoWayRound } from './no-way-round.ts';
import type { Plan, RouteErrorCode } from './plan.ts';
import { createNoticeBound, encodeUnreachable, TOLD } from './unreachable.ts';

/** Beyond the hops to the end of a route: what meshes behind gateways may take. */
const TTL_BEYOND_ROUTE = 64;
const TTL_MAX = 255;
const FRAME_TYPE_BYTES = 1;
const NO_ROUTE: Uint8Array = new Uint8Array(0);
type Failure = Extract<Result<void, SwitchErrorCode>, { readonly ok: false }>;

export class PacketSwitch {
  bridge: Bridge | null = null;
  readonly #config: PacketSwitchConfig;
  readonly #forwarder: Forwarder;
  readonly #notices = createNoticeBound();
  readonly #noWayRound = new NoWayRound();
  readonly #detours: Detours;
  /** Packets that went round a link of this node that does not answer, or is gone. */
  detoured = 0;

  constructor(config: PacketSwitchConfig) {
    this.#config = config;
    this.#forwarder = createForwarder({
      self: config.self,
      gateway: config.gateway && config.usesGateways,
      isUsable: (port) => this.#isUsable(port),
    });
    this.#detours = new Detours({
      self: config.self,
      routes: config.routes,
      chooseGateway: (destination, flowId, except) => this.#gatewayFor(destination, flowId, except),
      isUsable: (port) => this.#isUsable(port),
    });
  }

  /** The way to a destination as known now: by the policy for a packet of `flowId`, the cheapest for none. */
  plan(destination: Uint8Array, flowId: number | null): Result<Plan, RouteErrorCode> {
    const { routes, usesGateways, version } = this.#config;
    const way = (peer: Uint8Array): PlannedRoute | null =>
      flowId === null ? routes.cheapestTo(peer) : routes.routeTo(peer, flowId);
    const direct = way(destination);
    if (direct !== null) return direct.ok ? ok({ kind: 'direct', route: direct.value }) : direct;
    const { bridge } = this;
    const isGateway = this.#config.gateway && usesGateways;
    if (isGateway && bridge !== null && bridge.reaches(destination)) {
      return ok({ kind: 'bridge', bridge });
    }
    const text = peerIdText(destination);
    const gateway = this.#gatewayFor(destination, flowId, null);
    if (!usesGateways) {
      if (gateway === null) return fail('MESH_NO_ROUTE', { destination: text });
      return fail('MESH_FEATURE_LACKING', {
        destination: text,
        version: formatVersion(version),
        feature: 'GatewayNodes',
      });
    }
    const route = gateway === null ? null : way(gateway);
    if (gateway === null || route === null) return fail('MESH_NO_ROUTE', { destination: text });
    return route.ok ? ok({ kind: 'gateway', gateway, route: route.value }) : route;
  }

  /** Sends a packet of this node. */
  originate(
    destination: Uint8Array,
    type: number,
    body: Uint8Array,
    flowId: number,
    { follow, trafficClass = TrafficClass.unspecified, over }: OriginateOptions = {},
  ): Result<void, SwitchErrorCode> {
    const plan: Result<Plan, RouteErrorCode> =
      over === undefined ? this.plan(destination, flowId) : ok({ kind: 'direct', route: over });
    if (!plan.ok) return plan;
    const { ways } = this.#config;
    const planned = plan.value.kind === 'bridge' ? null : plan.value.route;
    const isChosen = over === undefined && plan.value.kind === 'direct' && planned !== null;
    const route = isChosen ? ways.choose(destination, planned) : planned;
    const isLeft = route !== planned && ways.isUnanswered(destination);
    const labelled = route === null ? flowId : (flowId ^ route.label) >>> 0;
    const packetId = readU64(randomBytes(this.#config.rng, 8), 0);
    const packet = encodePacket(
      {
        type,
        flags: withTrafficClass(isLeft ? FLAG_WAY_LEFT : 0, trafficClass),
        ttl: Math.min(TTL_MAX, (route?.hops.length ?? 0) + TTL_BEYOND_ROUTE),
        flowId: labelled,
        packetId,
        source: this.#config.self,
        destination,
        route: route?.encoded ?? NO_ROUTE,
        cursor: 0,
      },
      body,
    );
    const sent =
      plan.value.kind === 'bridge'
        ? this.#cross(plan.value.bridge, packet, null)
        : this.#carryOut(packet, null);
    if (sent.ok) follow?.(labelled, packetId, plan.value.kind === 'direct' ? route : null);
    return sent;
  }

  /** A packet that came over a link: a type byte, then the packet. The bytes are this node's, and changed in place. */
  receive(frame: Uint8Array, link: MeshLink, nowMs: number): void {
    this.#config.meter.arrived(frame.length - FRAME_TYPE_BYTES, link.traffic);
    const refused = link.arrivals?.came(frame, FRAME_TYPE_BYTES) ?? null;
    if (refused !== null) {
      this.#refused(frame.subarray(FRAME_TYPE_BYTES), refused.code, link);
      return;
    }
    const decision = this.#forwarder.decide(frame, FRAME_TYPE_BYTES);
    // Nearly all that a relay sees: the frame goes on as it came.
    if (decision.kind === 'forward') {
      const sent = this.#pass(decision.port, frame, link, nowMs);
      if (!sent.ok) this.#notTaken(sent, decision.port, frame.subarray(FRAME_TYPE_BYTES), link);
      return;
    }
    if (decision.kind === 'bridge' && this.#passAcross(frame, link, nowMs)) return;
    this.#perform(decision, frame.subarray(FRAME_TYPE_BYTES), link);
  }

  /** A packet that came from another mesh, for a member of this one. The bytes are not changed. */
  inject(packet: Uint8Array): Result<void, SwitchErrorCode> {
    const header = decodePacketHeader(packet);
    if (!header.ok) return header;
    const { destination } = header.value;
    if (bytesEqual(destination, this.#config.self)) return this.#carryOut(packet, null);
    const route = this.#config.routes.cheapestTo(destination);
    if (route === null) return fail('MESH_NO_ROUTE', { destination: peerIdText(destination) });
    return route.ok ? this.#carryOut(replaceRoute(packet, route.value.encoded), null) : route;
  }

  /** The way to a peer for packets of a flow, and the cheapest for none, as packets carry it. */
  wayTo(peer: Uint8Array, flowId: number | null): Uint8Array | null {
    const { routes } = this.#config;
    const route = flowId === null ? routes.cheapestTo(peer) : routes.routeTo(peer, flowId);
    return route?.ok === true ? route.value.encoded : null;
  }

  /** A packet that came over another mesh, in its frame, takes the way of `route` on. The bytes are this node's. */
  passOn(frame: Uint8Array, route: Uint8Array, nowMs: number): Result<void, SwitchErrorCode> {
    const routed = rerouted(frame, FRAME_TYPE_BYTES, route);
    const decision = this.#forwarder.decide(routed, FRAME_TYPE_BYTES);
    if (decision.kind === 'forward') {
      const sent = this.#pass(decision.port, routed, null, nowMs);
      if (sent.ok) return sent;
      return this.#notTaken(sent, decision.port, routed.subarray(FRAME_TYPE_BYTES), null);
    }
    return this.#perform(decision, routed.subarray(FRAME_TYPE_BYTES), null);
  }

  /** A packet for somebody in no record here, on the way to `exit`, which takes it on. The bytes are not changed. */
  carry(packet: Uint8Array, exit: Uint8Array): Result<void, SwitchErrorCode> {
    const header = decodePacketHeader(packet);
    if (!header.ok) return header;
    const route = this.#config.routes.routeTo(exit, header.value.flowId);
    if (route === null) return fail('MESH_NO_ROUTE', { destination: peerIdText(exit) });
    return route.ok ? this.#carryOut(replaceRoute(packet, route.value.encoded), null) : route;
  }

  /**
   * A packet that the link of `port` may not have delivered takes another way. `false` if there is none: it stays, and
   * where the link has ended (`isOver`), it is lost, and its source told.
   */
  reroute(packet: Uint8Array, port: number, isOver: boolean): boolean {
    const header = decodePacketHeader(packet);
    if (!header.ok) return false;
    // Another link to the same neighbour has the port now.
    if (isOver && this.#isUsable(port)) return this.#transmit(port, packet, null).ok;
    const detoured = this.#detours.around(header.value, packet, port);
    if (detoured !== null && this.#carryOut(detoured, null).ok) {
      this.detoured += 1;
      return true;
    }
    if (!isOver) return false;
    const { source, destination } = header.value;
    this.#config.meter.dropped('ROUTING_PORT_UNKNOWN', null);
    if (bytesEqual(source, this.#config.self)) {
      this.#config.lost(destination.slice(), 'ROUTING_PORT_UNKNOWN');
    } else {
      this.#tell(header.value, 'ROUTING_PORT_UNKNOWN');
    }
    return false;
  }

  /** Whether something but the link of `port` leads to `peer`. */
  hasWayAround(peer: Uint8Array, port: number): boolean {
    return this.#detours.leadTo(peer, port);
  }

  #isUsable(port: number): boolean {
    const link = this.#config.links.byPort(port);
    return link !== undefined && !link.neighbour.suspect;
  }

  #carryOut(packet: Uint8Array, from: MeshLink | null): Result<void, SwitchErrorCode> {
    return this.#perform(this.#forwarder.decide(packet), packet, from);
  }

  /** Sends the frame of a packet on. */
  #pass(
    port: number,
    frame: Uint8Array,
    from: MeshLink | null,
    nowMs: number,
  ): Result<void, SwitchErrorCode> {
    const link = this.#config.links.byPort(port);
    if (link === undefined) return fail('ROUTING_PORT_UNKNOWN', {});
    const { account } = link;
    const refused = account?.take(frame, FRAME_TYPE_BYTES) ?? null;
    if (refused !== null) return { ok: false, error: refused };
    const sent = link.neighbour.pass(frame, nowMs);
    if (!sent.ok) {
      account?.retract(frame, FRAME_TYPE_BYTES);
      return sent;
    }
    const { meter } = this.#config;
    meter.left(frame.length - FRAME_TYPE_BYTES, link.traffic);
    if (from !== null) meter.became('forwarded', from.traffic);
    return sent;
  }

  /** The link of `port` does not take a packet: it goes another way, or no further. */
  #notTaken(
    sent: Failure,
    port: number,
    packet: Uint8Array,
    from: MeshLink | null,
  ): Result<void, SwitchErrorCode> {
    const nowMs = this.#config.clock.now();
    if (from !== null && !this.#noWayRound.isKnown(packet, port, nowMs)) {
      const detoured = this.#besides(packet, port);
      if (detoured !== null) return this.#carryOut(detoured, from);
      this.#noWayRound.remember(packet, port, nowMs);
    }
    this.#refused(packet, sent.error.code, from);
    return sent;
  }

  /** The frame of a packet whose route ends at this gateway crosses as others of its flow did; `false` if none did. */
  #passAcross(frame: Uint8Array, from: MeshLink, nowMs: number): boolean {
    const crossed = this.bridge?.pass?.(frame, nowMs) ?? null;
    if (crossed === null) return false;
    if (crossed.ok) this.#config.meter.became('bridged', from.traffic);
    else this.#crossed(crossed, frame.subarray(FRAME_TYPE_BYTES), from);
    return true;
  }

  #perform(
    decision: Decision,
    packet: Uint8Array,
    from: MeshLink | null,
  ): Result<void, SwitchErrorCode> {
    switch (decision.kind) {
      case 'forward':
        return this.#transmit(decision.port, packet, from);
      case 'blocked': {
        const detoured = this.#detours.around(decision.header, packet, decision.port);
        if (detoured !== null) {
          this.detoured += 1;
          return this.#carryOut(detoured, from);
        }
        // A suspect link that is the only way may still come back.
        if (this.#config.links.byPort(decision.port) !== undefined) {
          return this.#transmit(decision.port, packet, from);
        }
        this.#drop('ROUTING_PORT_UNKNOWN', decision.header, from);
        return fail('ROUTING_PORT_UNKNOWN', {});
      }
      case 'deliver':
        return this.#deliver(decision.header, packet, from);
      case 'bridge':
        return this.#end(packetHeader(packet), packet, from);
      case 'drop':
        this.#drop(decision.code, decision.header, from);
        return fail(decision.code, {});
      case 'malformed':
        this.#config.meter.dropped(decision.error.code, from?.traffic ?? null);
        from?.arrivals?.dropped(null, packet.length, decision.error.code);
        from?.neighbour.fault(decision.error);
        return { ok: false, error: decision.error };
      default:
        return unreachable(decision);
    }
  }

  #transmit(
    port: number,
    packet: Uint8Array,
    from: MeshLink | null,
  ): Result<void, SwitchErrorCode> {
    const link = this.#config.links.byPort(port);
    if (link === undefined) return fail('ROUTING_PORT_UNKNOWN', {});
    const sent = this.#hand(packet, link);
    if (!sent.ok) return this.#notTaken(sent, port, packet, from);
    this.#config.meter.left(packet.length, link.traffic);
    if (from !== null) this.#config.meter.became('forwarded', from.traffic);
    return ok(undefined);
  }

  #hand(packet: Uint8Array, { neighbour, account }: MeshLink): Result<void, SwitchErrorCode> {
    if (account === null) return neighbour.send(FrameType.packet, packet);
    const refused = account.take(packet, 0);
    if (refused !== null) return { ok: false, error: refused };
    const sent = neighbour.send(FrameType.packet, packet);
    if (!sent.ok) account.retract(packet, 0);
    return sent;
  }

  /** The link to take, or the one that it came over, does not carry the packet. */
  #refused(packet: Uint8Array, code: ErrorCode, from: MeshLink | null): void {
    this.#config.meter.dropped(code, from?.traffic ?? null);
    if (from === null || (from.arrivals === null && !TOLD.has(code))) return;
    const header = decodePacketHeader(packet);
    if (!header.ok) return;
    from.arrivals?.dropped(header.value.source, packet.length, code);
    if (TOLD.has(code)) this.#tell(header.value, code);
  }

  #deliver(
    header: DecodedPacketHeader,
    packet: Uint8Array,
    from: MeshLink | null,
  ): Result<void, SwitchErrorCode> {
    if (this.#config.bridging && this.bridge !== null) {
      return this.#cross(this.bridge, packet, from);
    }
    const body = packet.subarray(header.headerBytes);
    const code = this.#config.deliver(header, body, from?.port ?? null);
    if (code === null) this.#config.meter.became('delivered', from?.traffic ?? null);
    else this.#config.meter.dropped(code, from?.traffic ?? null);
    return ok(undefined);
  }

  /** The route ends at this gateway. */
  #end(
    header: DecodedPacketHeader,
    packet: Uint8Array,
    from: MeshLink | null,
  ): Result<void, SwitchErrorCode> {
    if (this.bridge?.reaches(header.destination) !== true) {
      const detoured = this.#detours.toOtherGateway(header, packet);
      if (detoured !== null) return this.#carryOut(detoured, from);
    }
    if (this.bridge !== null) return this.#cross(this.bridge, packet, from);
    this.#drop('MESH_NO_BRIDGE', header, from);
    return fail('MESH_NO_BRIDGE', {});
  }

  #gatewayFor(
    destination: Uint8Array,
    flowId: number | null,
    except: Uint8Array | null,
  ): Uint8Array | null {
    const { chooseGateway, routes } = this.#config;
    if (chooseGateway !== undefined) return chooseGateway(destination, flowId, except);
    return routes.nearestGateway(except ?? undefined);
  }

  /** A relay whose link takes no more sends the packet another way; a source is told, and sends less. */
  #besides(packet: Uint8Array, port: number): Uint8Array | null {
    const header = decodePacketHeader(packet);
    return header.ok ? this.#detours.around(header.value, packet, port) : null;
  }

  #cross(bridge: Bridge, packet: Uint8Array, from: MeshLink | null): Result<void, SwitchErrorCode> {
    const crossed = bridge.forward(packet);
    this.#crossed(crossed, packet, from);
    return crossed;
  }

  #crossed(crossed: Result<void>, packet: Uint8Array, from: MeshLink | null): void {
    if (crossed.ok) {
      this.#config.meter.became('bridged', from?.traffic ?? null);
      return;
    }
    const header = decodePacketHeader(packet);
    this.#config.meter.dropped(crossed.error.code, from?.traffic ?? null);
    // Its own packets' fate this node learns from the result.
    if (from !== null && header.ok) this.#tell(header.value, crossed.error.code);
  }

  #drop(
    code: RoutingDropCode | 'MESH_NO_BRIDGE',
    header: DecodedPacketHeader,
    from: MeshLink | null,
  ): void {
    this.#config.meter.dropped(code, from?.traffic ?? null);
    from?.arrivals?.dropped(header.source, header.headerBytes + header.bodyBytes, code);
    if (from !== null && TOLD.has(code)) this.#tell(header, code);
  }

  /** Tells the source of a packet that it went no further. Never about a notice, or two nodes might go on for ever. */
  #tell({ type, source, destination }: DecodedPacketHeader, code: string): void {
    const { clock, logger } = this.#config;
    if (type === PacketType.unreachable || bytesEqual(source, this.#config.self)) return;
    if (!this.#notices.allows(source, clock.now())) return;
    const body = encodeUnreachable({ destination, code });
    const sent = this.originate(source, PacketType.unreachable, body, 0);
    logger.debug('unreachable-told', {
      source: peerIdShort(source),
      destination: peerIdShort(destination),
      code,
      sent: sent.ok,
    });
  }
}
