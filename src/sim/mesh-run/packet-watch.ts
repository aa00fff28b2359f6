// Follows each packet from link to link by what is on the wire, without asking any node: which way it took, whether it
// came to a node twice, where it ended. Feeds `--trace`.

import { byteKey, type ByteKey } from '../../routing/byte-key.ts';
import { FrameType } from '../../wire/frame.ts';
import { decodePacketHeader, detourCount, type DecodedPacketHeader } from '../../wire/packet.ts';
import { readPort } from '../../wire/ports.ts';
import type { Direction, TravellingPacket } from './fleet-link.ts';

/** Packets that are remembered; older ones are forgotten and no longer checked for loops. */
export const PACKETS_WATCHED_MAX = 100_000;

/** One crossing of one link, a line of `--trace`. */
export interface HopTrace {
  /** Virtual time of arrival, or of the loss. */
  readonly atMs: number;
  /** Packet id, 16 hexadecimal digits. */
  readonly packet: string;
  /** Packet type: 1 data, 2 handshake, 3 unreachable. */
  readonly type: number;
  /** Indices of nodes. */
  readonly source: number;
  readonly destination: number;
  readonly from: number;
  readonly to: number;
  /** Of the link, at `from`; `null` where the route does not show it. */
  readonly port: number | null;
  readonly ttl: number;
  readonly cursor: number;
  readonly detours: number;
  /** `relayed`: it came to a node that is not its destination. */
  readonly fate: 'relayed' | 'delivered' | 'lost';
}

/** What is known of one packet. */
export interface WatchedPacket {
  readonly id: bigint;
  readonly type: number;
  /** Indices of nodes; −1 for one that the fleet does not have. */
  readonly source: number;
  readonly destination: number;
  readonly sentAtMs: number;
  /** Sum of the true weights of the links that it crossed. */
  cost: number;
  hops: number;
  detours: number;
  deliveredAtMs: number | null;
  /** Where copies of it arrived, each as a node and the plan that the copy followed. */
  readonly visits: Set<number>;
}

export interface PacketWatchConfig {
  /** PeerIds by index of node. */
  readonly peers: readonly Uint8Array[];
  now(): number;
  readonly trace: ((hop: HopTrace) => void) | null;
}

export class PacketWatch {
  /**
   * Arrivals of a packet where it had been by the same plan: a route is a plan, and so is each detour. Two relays that
   * each send a copy round their own dead link may well meet: these are two plans, of which a node passes one.
   */
  loops = 0;
  /** The packet whose frame arrived last: while its frame is handled, the one that is handled. */
  lastArrived: WatchedPacket | null = null;
  /** Called when a packet leaves a node, its source or a relay, over a link. */
  onLeave: ((packet: WatchedPacket, direction: Direction) => void) | null = null;
  readonly #config: PacketWatchConfig;
  readonly #indices: ReadonlyMap<ByteKey, number>;
  readonly #packets = new Map<bigint, WatchedPacket>();

  constructor(config: PacketWatchConfig) {
    this.#config = config;
    this.#indices = new Map(config.peers.map((peer, index) => [byteKey(peer), index]));
  }

  /** −1 for a peer that the fleet does not have. */
  indexOf(peer: Uint8Array): number {
    return this.#indices.get(byteKey(peer)) ?? -1;
  }

  sent(direction: Direction, frame: Uint8Array): void {
    if (frame[0] !== FrameType.packet) return;
    const decoded = decodePacketHeader(frame.subarray(1));
    if (!decoded.ok) return;
    const header = decoded.value;
    const packet = this.#packet(header);
    const detours = detourCount(header.flags);
    packet.visits.add(visitOf(direction.from, planOf(header)));
    packet.cost += direction.weight;
    packet.hops += 1;
    packet.detours = Math.max(packet.detours, detours);
    if (this.#config.trace !== null) {
      direction.travelling.push({
        id: header.packetId,
        type: header.type,
        source: packet.source,
        destination: packet.destination,
        port: portBefore(header),
        ttl: header.ttl,
        cursor: header.cursor,
        detours,
        direction,
      });
    }
    this.onLeave?.(packet, direction);
  }

  arrived(direction: Direction, frame: Uint8Array): void {
    if (frame[0] !== FrameType.packet) return;
    const decoded = decodePacketHeader(frame.subarray(1));
    const packet = decoded.ok ? this.#packets.get(decoded.value.packetId) : undefined;
    if (!decoded.ok || packet === undefined) return;
    this.lastArrived = packet;
    this.#arrive(packet, direction.to, planOf(decoded.value));
    const delivered = direction.to === packet.destination;
    if (delivered) packet.deliveredAtMs ??= this.#config.now();
    if (this.#config.trace === null) return;
    const at = direction.travelling.findIndex((hop) => hop.id === packet.id);
    const [hop] = at < 0 ? [] : direction.travelling.splice(at, 1);
    if (hop !== undefined) this.#tell(hop, delivered ? 'delivered' : 'relayed');
  }

  /** The link is gone with what travelled on it. */
  broken(direction: Direction): void {
    for (const hop of direction.travelling.splice(0)) this.#tell(hop, 'lost');
  }

  #packet(header: DecodedPacketHeader): WatchedPacket {
    const known = this.#packets.get(header.packetId);
    if (known !== undefined) return known;
    const packet: WatchedPacket = {
      id: header.packetId,
      type: header.type,
      source: this.indexOf(header.source),
      destination: this.indexOf(header.destination),
      sentAtMs: this.#config.now(),
      cost: 0,
      hops: 0,
      detours: 0,
      deliveredAtMs: null,
      visits: new Set(),
    };
    if (this.#packets.size >= PACKETS_WATCHED_MAX) {
      const oldest = this.#packets.keys().next().value;
      if (oldest !== undefined) this.#packets.delete(oldest);
    }
    this.#packets.set(packet.id, packet);
    return packet;
  }

  #arrive(packet: WatchedPacket, node: number, plan: number): void {
    const visit = visitOf(node, plan);
    if (packet.visits.has(visit)) this.loops += 1;
    packet.visits.add(visit);
  }

  #tell({ id, direction, ...rest }: TravellingPacket, fate: HopTrace['fate']): void {
    const packet = id.toString(16).padStart(16, '0');
    const { from, to } = direction;
    this.#config.trace?.({ atMs: this.#config.now(), packet, from, to, ...rest, fate });
  }
}

/** 32 bits over the route and the number of detours (FNV-1a). */
function planOf({ route, flags }: DecodedPacketHeader): number {
  let hash = 0x811c_9dc5 ^ detourCount(flags);
  for (const byte of route) hash = Math.imul(hash ^ byte, 0x0100_0193);
  return hash >>> 0;
}

/** Exact: nodes have fewer than 20 bits. */
function visitOf(node: number, plan: number): number {
  return node * 2 ** 32 + plan;
}

/** The port that the sender of this hop took: the one before the cursor. */
function portBefore({ route, cursor }: DecodedPacketHeader): number | null {
  for (let at = 0; at < cursor;) {
    const read = readPort(route, at);
    if (read === null) return null;
    if (read.next === cursor) return read.port;
    at = read.next;
  }
  return null;
}
