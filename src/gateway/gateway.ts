// A gateway: one member of its mesh that is also one of the bridges, a second mesh whose members are the gateways. What a
// packet of its mesh names as a destination beyond goes over bridges to a gateway that announced it, by the cheapest way,
// and into that one's mesh. Relaying inside a mesh is the mesh's; what crosses between meshes is counted here.

import type { Clock } from '../env/clock.ts';
import type { Compressor } from '../env/compressor.ts';
import type { Dht } from '../env/dht.ts';
import type { Link } from '../env/link.ts';
import type { Logger } from '../env/logger.ts';
import type { Metrics } from '../env/metrics.ts';
import type { Primitives } from '../env/primitives.ts';
import type { Rng } from '../env/rng.ts';
import type { SlowHash } from '../env/slow-hash.ts';
import type { Store } from '../env/store.ts';
import { bytesEqual } from '../core/bytes.ts';
import { fail, ok, type BitcrapsError, type Result } from '../core/errors.ts';
import { peerIdShort, peerIdText, type PeerIdText } from '../core/peer-id.ts';
import type { Identity } from '../crypto/signing.ts';
import { createMesh, type Bridge, type Mesh } from '../mesh/mesh.ts';
import type { NeighbourInfo } from '../mesh/mesh-view.ts';
import type { PowerState } from '../resilience/power/power-plan.ts';
import type { FailureTimings } from '../resilience/presets.ts';
import type { Hello } from '../versioning/hello.ts';
import type { Negotiation } from '../versioning/negotiate.ts';
import type { ProtocolVersion } from '../versioning/protocol-version.ts';
import { PACKET_HEADER_BYTES_MIN, decodePacketHeader, packetTtl, setTtl } from '../wire/packet.ts';
import { CrossingFlows } from './crossing-flows.ts';
import { accountingReport, type AccountingReport } from './accounting/accounting-report.ts';
import { crossingsOf, type Crossings } from './accounting/crossings.ts';
import type { LedgerLimits } from './accounting/limits.ts';
import type { OwnPrice } from './accounting/own-price.ts';
import { RelayLedger } from './accounting/relay-ledger.ts';
import type { PeerTally } from './accounting/tally.ts';
import { bridgeMetrics } from './federation/bridge-metrics.ts';
import { ExitChoice, type Way } from './federation/exit-choice.ts';
import { HomeDesk } from './federation/home/home-desk.ts';
import { HomeFinder } from './federation/home/home-finder.ts';
import { HomeKeeper } from './federation/home/home-keeper.ts';
import { HOME_PROTOCOL } from './federation/home/home-message.ts';
import { PresenceDirectory } from './federation/presence-directory.ts';
import { PresenceExchange } from './federation/presence-exchange.ts';
import { createShaper, type Shaper } from './shaping/shaper.ts';
import { shapingMetrics } from './shaping/shaping-metrics.ts';

/** Before the packet in a frame. */
const FRAME_TYPE_BYTES = 1;
/** Where the PeerIds stand in a packet. */
const SOURCE_AT = 20;
const DESTINATION_AT = 52;
/** Peers that are told of beside those in memory. */
const STORED_PEERS_MAX = 10_000;

export interface GatewayConfig extends FailureTimings {
  readonly identity: Identity;
  readonly networkId: string;
  readonly meshName: string;
  readonly version: ProtocolVersion;
  readonly rulesHash: Uint8Array;
  readonly proof: Uint8Array;
  readonly proofBits: number;
}

export interface GatewayDeps {
  readonly primitives: Primitives;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly compressor: Compressor;
  /** Where proofs of work of gateways are checked. Default: on this thread. */
  readonly slowHash?: SlowHash;
  readonly mesh: Mesh;
  /** Durable, grows at each start: later presence is newer presence. */
  readonly bootEpoch: number;
  /** Its bandwidth; default: no limits. */
  readonly shaper?: Shaper;
  /** Keeps the accounts. Default: they end with the gateway. */
  readonly store?: Store;
  /** What the gateway asks. Default: nothing. */
  readonly ownPrice?: OwnPrice;
  /** Bounds of the accounts and of credit. Default: `LEDGER`. */
  readonly accounting?: Partial<LedgerLimits>;
  /** Where peers of other meshes say through whom they are reached, and members of this one. Default: nowhere. */
  readonly dht?: Dht;
  /** Opens a bridge to a gateway of which only the key is known, if it can. */
  readonly dialGateway?: (gateway: Uint8Array) => void;
}

/** A bridge that carries packets. */
export interface BridgeInfo {
  readonly gateway: Uint8Array;
  readonly address: string;
  readonly transport: string;
  /** It stopped to answer: packets go other ways. */
  readonly suspect: boolean;
  readonly meshName: string;
  readonly remoteVersion: ProtocolVersion;
  readonly negotiation: Negotiation;
  readonly roundTripMs: number | null;
  readonly pendingBytes: number;
  /** Peers that its other end announced. */
  readonly peers: number;
  /** What passed over it, of any mesh. */
  readonly crossings: Readonly<Crossings>;
}

/** A gateway of whatever mesh, as the bridges know it. */
export interface FarGateway {
  readonly gateway: Uint8Array;
  /** As it announced; `null` before it did, as is `peers`. */
  readonly meshName: string | null;
  readonly peers: number | null;
  readonly reachable: boolean;
  /** Bridges on the way. */
  readonly hops: number;
}

export type BridgeEvent =
  | {
      readonly kind: 'established';
      readonly gateway: Uint8Array;
      readonly negotiation: Negotiation;
      readonly remote: Hello;
    }
  | { readonly kind: 'closed'; readonly gateway: Uint8Array; readonly code: string | null };

export interface Gateway extends Bridge {
  /** Limits, and what was carried by whom. */
  readonly shaper: Shaper;
  /** Takes a raw link to another gateway. */
  addLink(link: Link): void;
  isConnected(gateway: Uint8Array): boolean;
  bridges(): readonly BridgeInfo[];
  /** All others that the bridges lead to. */
  gateways(): readonly FarGateway[];
  /** What it carried for whom; survives the gateway where it has a store. */
  readonly ledger: RelayLedger;
  /** The accounts for people and programs, with the peers that have the most traffic. */
  accounting(peersMax?: number): AccountingReport;
  /** Totals, and by the mesh member that a packet is from (out) or for (in). */
  crossings(): Readonly<Crossings>;
  crossingsByPeer(): readonly {
    readonly peer: PeerIdText;
    readonly crossings: Readonly<Crossings>;
  }[];
  /** Packets that could not be carried, by error code. */
  drops(): Readonly<Record<string, number>>;
  /** The gateway at which a packet to `peer` would leave the bridges now, or `null`. */
  gatewayFor(peer: Uint8Array): Uint8Array | null;
  onBridge(listener: (event: BridgeEvent) => void): void;
  /** Tells both sides to use other gateways; what still comes is carried. Before `stop`, so that nothing has to turn back. */
  drain(): void;
  /** With little energy it carries nothing for others that have another gateway, and goes on for itself. */
  setPower(power: PowerState): void;
  /** Resolves once the accounts are written. */
  stop(): Promise<void>;
}

export function createGateway(config: GatewayConfig, deps: GatewayDeps): Gateway {
  return new MeshGateway(config, deps);
}

/** What a gateway has to do with the distributed table. */
interface Homes {
  readonly desk: HomeDesk;
  readonly finder: HomeFinder;
  /** Its own home is itself, and others of its mesh. */
  readonly keeper: HomeKeeper;
}

/** Where packets of a flow go on in this mesh, and the account of the member that they are from or for. */
interface IncomingFlow {
  readonly route: Uint8Array;
  readonly member: PeerTally;
}

/** The same on the bridges, to the gateway at which they leave these. */
interface OutgoingFlow extends IncomingFlow {
  readonly exit: Uint8Array;
}

class MeshGateway implements Gateway {
  readonly shaper: Shaper;
  readonly ledger: RelayLedger;
  readonly #deps: GatewayDeps;
  /** The mesh of gateways. */
  readonly #bridges: Mesh;
  readonly #directory: PresenceDirectory;
  readonly #presence: PresenceExchange;
  readonly #exits: ExitChoice;
  readonly #homes: Homes | null;
  readonly #outgoing = new CrossingFlows<OutgoingFlow>();
  readonly #incoming = new CrossingFlows<IncomingFlow>();
  readonly #listeners = new Set<(event: BridgeEvent) => void>();
  #isDraining = false;
  #relays = true;

  constructor(config: GatewayConfig, deps: GatewayDeps) {
    const { primitives, clock, mesh, bootEpoch } = deps;
    this.#deps = deps;
    this.shaper = deps.shaper ?? createShaper(deps);
    shapingMetrics(deps.metrics, () => this.shaper.usage());
    this.ledger = new RelayLedger({ ...deps, store: deps.store ?? null }, deps.accounting);
    this.#bridges = createMesh(
      { ...config, purpose: 'bridge', gateway: true },
      {
        ...deps,
        metrics: bridgeMetrics(deps.metrics),
        chooseGateway: (destination, flowId, except) =>
          this.#exits.exitFor(destination, flowId, except),
        packetQueue: (link) => this.shaper.queue('internet', link),
        accounts: this.ledger,
        presence: (from, payload) => this.#presence.received(from, payload),
      },
    );
    this.#directory = new PresenceDirectory({
      clock,
      isReachable: (gateway) => this.#bridges.cost(gateway) !== null,
    });
    this.#exits = new ExitChoice({
      directory: this.#directory,
      way: (gateway) => this.#wayTo(gateway),
      homeOf: (peer) => this.#homes?.finder.gatewaysOf(peer) ?? null,
      version: () => this.#version,
    });
    this.#homes = deps.dht === undefined ? null : this.#createHomes(config, deps.dht);
    this.#presence = new PresenceExchange(config, {
      primitives,
      clock,
      directory: this.#directory,
      bootEpoch,
      members: () => this.#membersToAnnounce(),
      neighbours: () => this.#bridges.neighbours().map(({ peer }) => peer),
      send: (neighbour, payload) => this.#bridges.sendPresence(neighbour, payload),
    });
    this.#bridges.setBridge({
      reaches: (destination) => mesh.cost(destination) !== null,
      forward: (packet) => this.#arrived(packet),
      pass: (frame, nowMs) => this.#passIn(frame, nowMs),
    });
    this.#bridges.onLink((event) => {
      const { peer: gateway } = event;
      if (event.kind === 'established') {
        this.#presence.joined(gateway);
        this.#tell({ ...event, gateway });
      } else if (event.kind === 'closed' && event.established) {
        this.#tell({ kind: 'closed', gateway, code: event.code });
      }
    });
    mesh.setBridge(this);
  }

  addLink(link: Link): void {
    this.#bridges.addLink(link);
  }

  isConnected(gateway: Uint8Array): boolean {
    return this.#bridges.neighbours().some(({ peer }) => bytesEqual(peer, gateway));
  }

  reaches(destination: Uint8Array): boolean {
    return this.#exits.exitFor(destination, null) !== null;
  }

  gatewayFor(peer: Uint8Array): Uint8Array | null {
    return this.#exits.exitFor(peer, null);
  }

  pass(frame: Uint8Array, nowMs: number): Result<void> | null {
    const crossing = this.#outgoing.find(frame, FRAME_TYPE_BYTES, this.#version, nowMs);
    const ttl = packetTtl(frame, FRAME_TYPE_BYTES);
    if (crossing === null || ttl === 0) return null;
    setTtl(frame, ttl - 1, FRAME_TYPE_BYTES);
    const bytes = frame.length - FRAME_TYPE_BYTES;
    const sent = this.#bridges.passOn(frame, crossing.route, nowMs);
    this.shaper.received('local', bytes, nowMs);
    if (!sent.ok) {
      const packet = frame.subarray(FRAME_TYPE_BYTES);
      return this.#dropped(this.#queueError(crossing.exit, sent.error), packet);
    }
    this.ledger.left(crossing.member, bytes);
    return sent;
  }

  /** Errors: `GATEWAY_PEER_UNKNOWN`, `GATEWAY_HOPS_EXHAUSTED`, `GATEWAY_QUEUE_FULL`, `WIRE_PACKET_…`. */
  forward(packet: Uint8Array): Result<void> {
    this.shaper.received('local', packet.length, this.#deps.clock.now());
    const header = decodePacketHeader(packet);
    if (!header.ok) return this.#dropped(header, packet);
    const { destination, flowId, ttl } = header.value;
    const exit = this.#exits.exitFor(destination, flowId);
    this.#homes?.finder.seek(destination, exit === null);
    if (exit === null) {
      const unknown = fail('GATEWAY_PEER_UNKNOWN', { peer: peerIdShort(destination) });
      return this.#dropped(unknown, packet);
    }
    if (ttl === 0) return this.#dropped(fail('GATEWAY_HOPS_EXHAUSTED', {}), packet);
    setTtl(packet, ttl - 1);
    const sent = this.#bridges.carry(packet, exit);
    if (!sent.ok) return this.#dropped(this.#queueError(exit, sent.error), packet);
    const member = this.ledger.member(packet, SOURCE_AT);
    this.ledger.left(member, packet.length);
    const route = this.#bridges.wayTo(exit, flowId);
    if (route === null) return ok(undefined);
    const nowMs = this.#deps.clock.now();
    const crossing = { exit, route, member };
    this.#outgoing.remember(packet, 0, this.#version, nowMs, crossing);
    return ok(undefined);
  }

  bridges(): readonly BridgeInfo[] {
    const traffic = new Map(
      this.#bridges.counters().neighbours.map((one) => [peerIdText(one.peer), one.traffic]),
    );
    return this.#bridges.neighbours().map(({ peer, remote, ...info }) => {
      const passed = traffic.get(peerIdText(peer));
      return {
        ...info,
        gateway: peer,
        meshName: remote.meshName,
        remoteVersion: remote.version,
        peers: this.#directory.record(peer)?.peers.length ?? 0,
        crossings: crossingsOf(passed),
      };
    });
  }

  gateways(): readonly FarGateway[] {
    const { self } = this.#bridges;
    const others = this.#bridges.members().filter(({ peer }) => !bytesEqual(peer, self));
    return others.map(({ peer, reachable, hops }) => {
      const record = this.#directory.record(peer);
      const meshName = record?.meshName ?? null;
      return { gateway: peer, meshName, peers: record?.peers.length ?? null, reachable, hops };
    });
  }

  accounting(peersMax?: number): AccountingReport {
    return accountingReport(this.ledger, this.#deps.clock, peersMax);
  }

  crossings(): Readonly<Crossings> {
    return crossingsOf(this.ledger.totals);
  }

  crossingsByPeer(): readonly {
    readonly peer: PeerIdText;
    readonly crossings: Readonly<Crossings>;
  }[] {
    return this.ledger
      .peers(STORED_PEERS_MAX)
      .filter(({ packetsOut, packetsIn }) => packetsOut + packetsIn > 0)
      .map((tally) => ({ peer: peerIdText(tally.peer), crossings: crossingsOf(tally) }));
  }

  drops(): Readonly<Record<string, number>> {
    const { drops } = this.ledger.book;
    return Object.fromEntries([...drops].map(([code, { packets }]) => [code, packets]));
  }

  onBridge(listener: (event: BridgeEvent) => void): void {
    this.#listeners.add(listener);
  }

  stop(): Promise<void> {
    this.#presence.stop();
    this.#homes?.desk.stop();
    this.#homes?.keeper.stop();
    this.#bridges.stop();
    this.shaper.stop();
    return this.ledger.stop();
  }

  /** Changes whenever packets may have to go another way. */
  get #version(): number {
    return this.#bridges.version + this.#directory.version + (this.#homes?.finder.version ?? 0);
  }

  #createHomes({ identity, networkId }: GatewayConfig, dht: Dht): Homes {
    const { mesh, dialGateway } = this.#deps;
    const { self } = mesh;
    const desk = new HomeDesk(
      { self, networkId },
      { ...this.#deps, dht, isHere: (member) => mesh.cost(member) !== null },
    );
    mesh.handle(HOME_PROTOCOL, ({ source, payload }) => desk.received(source, payload));
    const finder = new HomeFinder({
      ...this.#deps,
      dht,
      found: (_, gateways) => {
        for (const gateway of gateways) {
          const isKnown = bytesEqual(gateway, self) || this.#bridges.cost(gateway) !== null;
          if (!isKnown) dialGateway?.(gateway);
        }
      },
    });
    const keeper = new HomeKeeper({ identity, networkId, isGateway: true }, this.#deps);
    return { desk, finder, keeper };
  }

  drain(): void {
    this.#isDraining = true;
    this.#deps.mesh.retireGateway();
  }

  setPower(power: PowerState): void {
    this.#relays = power.relays;
    this.#bridges.setPower(power);
    this.#deps.mesh.setPower(power);
  }

  #tell(event: BridgeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #wayTo(gateway: Uint8Array): Way | null {
    // Where nothing leads, `route` would ask which gateway it lies beyond.
    const route = this.#bridges.cost(gateway) === null ? null : this.#bridges.route(gateway);
    const first = route?.hops[0]?.peer;
    if (route === null || first === undefined) return null;
    const neighbour = this.#neighbour(first);
    if (neighbour === undefined || neighbour.suspect) return null;
    return { cost: route.weight, isDialled: neighbour.role === 'dialer' };
  }

  #neighbour(peer: Uint8Array): NeighbourInfo | undefined {
    return this.#bridges.neighbours().find((one) => bytesEqual(one.peer, peer));
  }

  /** A packet that came over the bridges, for a member of this mesh. */
  #arrived(packet: Uint8Array): Result<void> {
    const header = decodePacketHeader(packet);
    if (!header.ok) return this.#dropped(header, packet);
    const { source, destination } = header.value;
    const { mesh, clock } = this.#deps;
    this.shaper.received('internet', packet.length, clock.now());
    const injected = mesh.inject(packet);
    if (!injected.ok) return this.#dropped(injected, packet);
    const member = this.ledger.member(packet, DESTINATION_AT);
    // A notice of this gateway about a packet that it lost came over no bridge.
    if (!bytesEqual(source, mesh.self)) this.ledger.entered(member, packet.length);
    const route = mesh.wayTo(destination, null);
    if (route === null) return ok(undefined);
    this.#incoming.remember(packet, 0, mesh.version, clock.now(), { route, member });
    return ok(undefined);
  }

  #passIn(frame: Uint8Array, nowMs: number): Result<void> | null {
    const { mesh } = this.#deps;
    const crossing = this.#incoming.find(frame, FRAME_TYPE_BYTES, mesh.version, nowMs);
    if (crossing === null) return null;
    const bytes = frame.length - FRAME_TYPE_BYTES;
    this.shaper.received('internet', bytes, nowMs);
    const sent = mesh.passOn(frame, crossing.route, nowMs);
    if (!sent.ok) return this.#dropped(sent, frame.subarray(FRAME_TYPE_BYTES));
    this.ledger.entered(crossing.member, bytes);
    return sent;
  }

  #dropped(
    result: { readonly ok: false; readonly error: BitcrapsError },
    packet: Uint8Array,
  ): Result<void> {
    const isPacket = packet.length >= PACKET_HEADER_BYTES_MIN;
    const source = isPacket ? packet.subarray(SOURCE_AT, DESTINATION_AT) : null;
    this.ledger.dropped(source, packet.length, result.error.code);
    return result;
  }

  #queueError(
    exit: Uint8Array,
    error: BitcrapsError,
  ): { readonly ok: false; readonly error: BitcrapsError } {
    if (error.code !== 'MESH_QUEUE_FULL') return { ok: false, error };
    const first = this.#bridges.route(exit)?.hops[0]?.peer ?? exit;
    const bytes = this.#neighbour(first)?.pendingBytes ?? 0;
    return fail('GATEWAY_QUEUE_FULL', { gateway: peerIdShort(first), bytes });
  }

  #membersToAnnounce(): readonly Uint8Array[] {
    const { mesh } = this.#deps;
    if (this.#isDraining) return [];
    if (!this.#relays) return [mesh.self];
    const reachable = mesh
      .members()
      .filter((member) => member.reachable)
      .map((member) => member.peer);
    return reachable.some((peer) => bytesEqual(peer, mesh.self))
      ? reachable
      : [mesh.self, ...reachable];
  }
}
