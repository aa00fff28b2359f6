// A gateway: bridge links to gateways of other meshes, presence exchanged over them, and packets carried across.
// Relaying inside a mesh is the mesh's; what crosses between meshes is counted here, by peer and direction.

import type { Clock, Timer } from '../env/clock.ts';
import type { Link } from '../env/link.ts';
import type { Logger } from '../env/logger.ts';
import type { Primitives } from '../env/primitives.ts';
import type { Rng } from '../env/rng.ts';
import { bytesEqual, compareBytes } from '../core/bytes.ts';
import { BitcrapsError, fail, ok, type Result } from '../core/errors.ts';
import { peerIdShort, peerIdText, type PeerIdText } from '../core/peer-id.ts';
import type { Identity } from '../crypto/signing.ts';
import type { Bridge, Mesh } from '../mesh/mesh.ts';
import {
  openNeighbour,
  type Neighbour,
  type NeighbourClose,
  type PayloadFrameType,
} from '../mesh/neighbour.ts';
import type { FailureTimings } from '../resilience/presets.ts';
import { createTokenBucket, type TokenBucket } from '../routing/token-bucket.ts';
import { helloFor, type Hello } from '../versioning/hello.ts';
import type { Negotiation } from '../versioning/negotiate.ts';
import type { ProtocolVersion } from '../versioning/protocol-version.ts';
import { FrameType } from '../wire/frame.ts';
import { decodePacketHeader, setTtl } from '../wire/packet.ts';
import { decodePresence, encodePresence } from './presence.ts';
import { createPresenceDirectory } from './presence-directory.ts';

/** Bridge links at once; further ones are refused. */
export const BRIDGES_MAX = 64;
/** Of these, accepted ones still in their handshake: strangers cannot take the places of gateways that this one dials. */
const OPENING_ACCEPTED_MAX = 16;
/** When a gateway connects again, its old link has this long to show that it lives. */
const PROBE_MS = 1_000;
/** Presence records of one gateway: a few at once, then five a second; an honest one sends at most four. */
const PRESENCE_BURST = 8;
const PRESENCE_PER_SECOND = 5;
/** How often the mesh is looked at for members that came or went. */
const PRESENCE_CHECK_MS = 250;
/** A record is repeated this often, changed or not, so that it does not run out. */
const PRESENCE_REFRESH_MS = 10_000;
/** Three refreshes may be lost. */
const PRESENCE_VALID_MS = 35_000;
/** Counters kept of peers whose packets crossed; the one idle longest is dropped first. */
const COUNTED_PEERS_MAX = 10_000;

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
  readonly mesh: Mesh;
  /** Durable, grows at each start: later presence is newer presence. */
  readonly bootEpoch: number;
}

/** Packets that crossed, as this gateway carried them. `out` is away from its mesh. */
export interface Crossings {
  packetsOut: number;
  bytesOut: number;
  packetsIn: number;
  bytesIn: number;
}

export interface BridgeInfo {
  readonly gateway: Uint8Array;
  readonly address: string;
  readonly transport: string;
  readonly state: 'opening' | 'established' | 'closed';
  /** `null` until established, as are the two that follow. */
  readonly meshName: string | null;
  readonly remoteVersion: ProtocolVersion | null;
  readonly negotiation: Negotiation | null;
  readonly roundTripMs: number | null;
  readonly pendingBytes: number;
  /** Peers that this gateway announced. */
  readonly peers: number;
  readonly crossings: Readonly<Crossings>;
}

export type BridgeEvent =
  | {
      readonly kind: 'established';
      readonly gateway: Uint8Array;
      readonly negotiation: Negotiation;
      readonly remote: Hello;
    }
  | { readonly kind: 'closed'; readonly gateway: Uint8Array; readonly reason: NeighbourClose };

export interface Gateway extends Bridge {
  /** Takes a raw link to another gateway. */
  addLink(link: Link): void;
  isConnected(gateway: Uint8Array): boolean;
  bridges(): readonly BridgeInfo[];
  /** Totals, and by the mesh member that a packet is from (out) or for (in). */
  crossings(): Readonly<Crossings>;
  crossingsByPeer(): readonly {
    readonly peer: PeerIdText;
    readonly crossings: Readonly<Crossings>;
  }[];
  /** Packets that could not be carried, by error code. */
  drops(): Readonly<Record<string, number>>;
  /** The gateway that would carry a packet to `peer` now, or `null`. */
  gatewayFor(peer: Uint8Array): Uint8Array | null;
  onBridge(listener: (event: BridgeEvent) => void): void;
  stop(): void;
}

interface BridgeLink {
  readonly neighbour: Neighbour;
  readonly presenceBudget: TokenBucket;
  readonly crossings: Crossings;
}

export function createGateway(config: GatewayConfig, deps: GatewayDeps): Gateway {
  return new MeshGateway(config, deps);
}

function ignore(): void {
  // A link that was refused has nothing to say.
}

function noCrossings(): Crossings {
  return { packetsOut: 0, bytesOut: 0, packetsIn: 0, bytesIn: 0 };
}

class MeshGateway implements Gateway {
  readonly #config: GatewayConfig;
  readonly #deps: GatewayDeps;
  /** By the other gateway's PeerId; opening ones too. */
  readonly #bridges = new Map<PeerIdText, BridgeLink>();
  readonly #directory: ReturnType<typeof createPresenceDirectory>;
  readonly #total = noCrossings();
  readonly #byPeer = new Map<PeerIdText, Crossings>();
  readonly #drops = new Map<string, number>();
  readonly #listeners = new Set<(event: BridgeEvent) => void>();
  #timer: Timer;
  #announced: readonly Uint8Array[] = [];
  #announcedAt: number;
  #announcements = 0;
  #stopped = false;

  constructor(config: GatewayConfig, deps: GatewayDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#directory = createPresenceDirectory(deps.clock);
    this.#announcedAt = deps.clock.now();
    this.#timer = deps.clock.after(PRESENCE_CHECK_MS, () => this.#checkPresence());
    deps.mesh.setBridge(this);
  }

  addLink(link: Link): void {
    const key = peerIdText(link.remoteKey);
    // The peer may have lost the old link without a word: if it is dead, the next attempt succeeds.
    this.#bridges.get(key)?.neighbour.probe(PROBE_MS);
    if (this.#stopped || this.#bridges.has(key) || this.#isFull(link)) {
      link.attach({ frame: ignore, drain: ignore, close: ignore });
      link.close();
      return;
    }
    const { identity, networkId, meshName, version, rulesHash, proof, proofBits } = this.#config;
    const { primitives, clock, logger, rng } = this.#deps;
    const hello = helloFor(
      version,
      {
        networkId,
        rulesHash,
        purpose: 'bridge',
        meshName,
        gateway: true,
        frameBytesMax: link.frameBytesMax,
        proof,
      },
      rng,
    );
    const neighbour = openNeighbour(link, {
      primitives,
      identity,
      clock,
      logger,
      hello,
      proofBits,
      heartbeatMs: this.#config.heartbeatMs,
      failureTimeoutMs: this.#config.failureTimeoutMs,
      ackTimeoutMsMin: this.#config.ackTimeoutMsMin,
      ackTimeoutMsMax: this.#config.ackTimeoutMsMax,
      handlers: {
        established: (negotiation, remote) => this.#established(key, negotiation, remote),
        frame: (type, payload) => this.#receive(key, type, payload),
        closed: (reason) => this.#closed(key, reason),
      },
    });
    const presenceBudget = createTokenBucket(PRESENCE_BURST, PRESENCE_PER_SECOND);
    this.#bridges.set(key, { neighbour, presenceBudget, crossings: noCrossings() });
  }

  isConnected(gateway: Uint8Array): boolean {
    return this.#bridges.has(peerIdText(gateway));
  }

  reaches(destination: Uint8Array): boolean {
    return this.#bridgeTo(destination) !== null;
  }

  gatewayFor(peer: Uint8Array): Uint8Array | null {
    return this.#bridgeTo(peer)?.neighbour.link.remoteKey ?? null;
  }

  /** Errors: `GATEWAY_PEER_UNKNOWN`, `GATEWAY_HOPS_EXHAUSTED`, `GATEWAY_QUEUE_FULL`, `WIRE_PACKET_…`. */
  forward(packet: Uint8Array): Result<void> {
    const header = decodePacketHeader(packet);
    if (!header.ok) return this.#dropped(header);
    const { destination, source, ttl } = header.value;
    const bridge = this.#bridgeTo(destination);
    if (bridge === null) {
      return this.#dropped(fail('GATEWAY_PEER_UNKNOWN', { peer: peerIdShort(destination) }));
    }
    if (ttl === 0) return this.#dropped(fail('GATEWAY_HOPS_EXHAUSTED', {}));
    setTtl(packet, ttl - 1);
    const sent = bridge.neighbour.send(FrameType.packet, packet);
    if (!sent.ok) return this.#dropped(queueError(bridge.neighbour, sent.error));
    for (const counters of [this.#total, bridge.crossings, this.#countersOf(source)]) {
      counters.packetsOut += 1;
      counters.bytesOut += packet.length;
    }
    return ok(undefined);
  }

  bridges(): readonly BridgeInfo[] {
    const records = this.#directory.records();
    return [...this.#bridges.values()].map(({ neighbour, crossings }) => ({
      gateway: neighbour.link.remoteKey,
      address: neighbour.link.remoteAddress,
      transport: neighbour.link.transport,
      state: neighbour.state,
      meshName: neighbour.remote?.meshName ?? null,
      remoteVersion: neighbour.remote?.version ?? null,
      negotiation: neighbour.negotiation,
      roundTripMs: neighbour.roundTripMs,
      pendingBytes: neighbour.pendingBytes + neighbour.link.bufferedBytes,
      peers:
        records.find(({ gateway }) => bytesEqual(gateway, neighbour.link.remoteKey))?.peers
          .length ?? 0,
      crossings: { ...crossings },
    }));
  }

  crossings(): Readonly<Crossings> {
    return { ...this.#total };
  }

  crossingsByPeer(): readonly {
    readonly peer: PeerIdText;
    readonly crossings: Readonly<Crossings>;
  }[] {
    return [...this.#byPeer].map(([peer, crossings]) => ({ peer, crossings: { ...crossings } }));
  }

  drops(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#drops);
  }

  onBridge(listener: (event: BridgeEvent) => void): void {
    this.#listeners.add(listener);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer.cancel();
    for (const { neighbour } of this.#bridges.values()) neighbour.close(null);
  }

  /**
   * Of the connected gateways that announced the peer, one that this gateway was told to dial before one that came by
   * itself, since anybody can come and announce anything; among equals the lowest PeerId.
   */
  #bridgeTo(destination: Uint8Array): BridgeLink | null {
    let accepted: BridgeLink | null = null;
    for (const gateway of this.#directory.gatewaysFor(destination)) {
      const bridge = this.#bridges.get(peerIdText(gateway));
      if (bridge?.neighbour.state !== 'established') continue;
      if (bridge.neighbour.link.role === 'dialer') return bridge;
      accepted ??= bridge;
    }
    return accepted;
  }

  #isFull(link: Link): boolean {
    if (this.#bridges.size >= BRIDGES_MAX) return true;
    if (link.role === 'dialer') return false;
    let opening = 0;
    for (const { neighbour } of this.#bridges.values()) {
      if (neighbour.state === 'opening' && neighbour.link.role === 'listener') opening += 1;
    }
    return opening >= OPENING_ACCEPTED_MAX;
  }

  #established(key: PeerIdText, negotiation: Negotiation, remote: Hello): void {
    const bridge = this.#bridges.get(key);
    if (bridge === undefined) return;
    const gateway = bridge.neighbour.link.remoteKey;
    if (!negotiation.features.includes('GatewayNodes')) {
      bridge.neighbour.close(
        new BitcrapsError('GATEWAY_FEATURE_LACKING', {
          gateway: peerIdShort(gateway),
          mode: negotiation.mode,
        }),
      );
      return;
    }
    bridge.neighbour.send(FrameType.presence, this.#presence(this.#membersToAnnounce()));
    for (const listener of this.#listeners)
      listener({ kind: 'established', gateway, negotiation, remote });
  }

  #closed(key: PeerIdText, reason: NeighbourClose): void {
    const bridge = this.#bridges.get(key);
    if (bridge === undefined) return;
    this.#bridges.delete(key);
    const gateway = bridge.neighbour.link.remoteKey;
    this.#directory.forget(gateway);
    for (const listener of this.#listeners) listener({ kind: 'closed', gateway, reason });
  }

  #receive(key: PeerIdText, type: PayloadFrameType, payload: Uint8Array): void {
    const bridge = this.#bridges.get(key);
    if (bridge === undefined) return;
    switch (type) {
      case FrameType.packet:
        this.#arrived(bridge, payload);
        break;
      case FrameType.presence: {
        if (!bridge.presenceBudget.take(this.#deps.clock.now())) break;
        const record = decodePresence(
          this.#deps.primitives,
          bridge.neighbour.link.remoteKey,
          payload,
        );
        if (record.ok) this.#directory.accept(record.value);
        else bridge.neighbour.fault(record.error);
        break;
      }
      case FrameType.linkState:
      case FrameType.linkStateDigest:
      case FrameType.linkStateUpdate:
        bridge.neighbour.fault(new BitcrapsError('GATEWAY_FRAME_UNEXPECTED', { type }));
        break;
    }
  }

  /** A packet from the other mesh, for a member of this one. */
  #arrived(bridge: BridgeLink, packet: Uint8Array): void {
    const header = decodePacketHeader(packet);
    if (!header.ok) return bridge.neighbour.fault(header.error);
    const { destination } = header.value;
    const injected = this.#deps.mesh.inject(packet);
    if (!injected.ok) {
      this.#dropped(injected);
      return;
    }
    for (const counters of [this.#total, bridge.crossings, this.#countersOf(destination)]) {
      counters.packetsIn += 1;
      counters.bytesIn += packet.length;
    }
  }

  #countersOf(peer: Uint8Array): Crossings {
    const key = peerIdText(peer);
    const known = this.#byPeer.get(key) ?? noCrossings();
    // Moved to the end: the map's order is that of the last use.
    this.#byPeer.delete(key);
    this.#byPeer.set(key, known);
    const oldest = this.#byPeer.keys().next();
    if (this.#byPeer.size > COUNTED_PEERS_MAX && oldest.done !== true)
      this.#byPeer.delete(oldest.value);
    return known;
  }

  #dropped(result: { readonly ok: false; readonly error: BitcrapsError }): Result<void> {
    const { code } = result.error;
    this.#drops.set(code, (this.#drops.get(code) ?? 0) + 1);
    return result;
  }

  #checkPresence(): void {
    const { clock } = this.#deps;
    if (this.#stopped) return;
    this.#timer = clock.after(PRESENCE_CHECK_MS, () => this.#checkPresence());
    const members = this.#membersToAnnounce();
    const due = clock.now() - this.#announcedAt >= PRESENCE_REFRESH_MS;
    if (!due && sameMembers(members, this.#announced)) return;
    this.#announced = members;
    this.#announcedAt = clock.now();
    const payload = this.#presence(members);
    for (const { neighbour } of this.#bridges.values()) neighbour.send(FrameType.presence, payload);
  }

  #membersToAnnounce(): readonly Uint8Array[] {
    const { mesh } = this.#deps;
    const reachable = mesh
      .members()
      .filter((member) => member.reachable)
      .map((member) => member.peer);
    const all = reachable.some((peer) => bytesEqual(peer, mesh.self))
      ? reachable
      : [mesh.self, ...reachable];
    return all.toSorted(compareBytes);
  }

  #presence(peers: readonly Uint8Array[]): Uint8Array {
    this.#announcements += 1;
    const { primitives, bootEpoch } = this.#deps;
    const { identity, meshName } = this.#config;
    return encodePresence(primitives, identity, {
      meshName,
      sequence: (BigInt(bootEpoch) << 32n) | BigInt(this.#announcements),
      peers,
      validMs: PRESENCE_VALID_MS,
    });
  }
}

function sameMembers(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return (
    a.length === b.length &&
    a.every((peer, at) => compareBytes(peer, b[at] ?? peer.subarray(1)) === 0)
  );
}

function queueError(
  neighbour: Neighbour,
  error: BitcrapsError,
): { readonly ok: false; readonly error: BitcrapsError } {
  if (error.code !== 'MESH_QUEUE_FULL') return { ok: false, error };
  const gateway = peerIdShort(neighbour.link.remoteKey);
  return fail('GATEWAY_QUEUE_FULL', { gateway, bytes: neighbour.pendingBytes });
}
