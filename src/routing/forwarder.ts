// What happens to a packet at one node, decided from its bytes alone. Strict source routing (RFC 791 section 3.1) by
// ports: no hop looks up anything but its own link.
//
// No loop, in whatever order things happen: a node passes a packet at most once for each detour count, a detour only adds
// to the count, and nobody adds to it past `DETOURS_MAX`. So a packet visits a node at most 1 + `DETOURS_MAX` times, even
// where every route was planned on another view of the mesh. Forged counts gain nothing: two bits hold four, and ttl
// bounds the sum. Its destination takes a packet once, whatever copies came by detours.

import type { BitcrapsError } from '../core/errors.ts';
import {
  detourCount,
  isPacketFor,
  packetCursor,
  packetFault,
  packetFlags,
  packetTtl,
  packetHeader,
  routeFrom,
  routeTo,
  setCursor,
  setTtl,
  type DecodedPacketHeader,
  type PacketErrorCode,
} from '../wire/packet.ts';
import { NO_PORT, portAt, portBytes } from '../wire/ports.ts';
import { createSeenPackets } from './seen-packets.ts';

/** Failed links that a packet is sent round, all nodes together. */
export const DETOURS_MAX = 2;
/** In place of a detour count, where a packet is at its destination. */
const DELIVERED = 0xff;

/** Why a well-formed packet goes no further. */
export type RoutingDropCode =
  | 'ROUTING_PACKET_DUPLICATE'
  | 'ROUTING_PORT_UNKNOWN'
  | 'ROUTING_ROUTE_EXHAUSTED'
  | 'ROUTING_ROUTE_MALFORMED'
  | 'ROUTING_TTL_EXHAUSTED';

export type Decision =
  /** For this node. */
  | { readonly kind: 'deliver'; readonly header: DecodedPacketHeader }
  /** Over the link of `port`; ttl and cursor of the bytes have been set. */
  | { readonly kind: 'forward'; readonly port: number }
  /** The same, but that link is gone or suspect, and the packet should take another way if there is one. */
  | { readonly kind: 'blocked'; readonly port: number; readonly header: DecodedPacketHeader }
  /** The route ends at this gateway; the destination is in another mesh. */
  | { readonly kind: 'bridge' }
  | {
      readonly kind: 'drop';
      readonly code: RoutingDropCode;
      readonly header: DecodedPacketHeader;
    }
  | { readonly kind: 'malformed'; readonly error: BitcrapsError<PacketErrorCode> };

export interface ForwarderConfig {
  /** PeerId. */
  readonly self: Uint8Array;
  readonly gateway: boolean;
  /** Whether a live link has this port, and answers. */
  isUsable(port: number): boolean;
}

export interface Forwarder {
  /**
   * Decides what becomes of the packet that begins at `at` and ends with the bytes and, for `forward` and `blocked`, changes
   * its ttl and cursor in place. A packet that comes again is dropped. Of one that goes on it makes nothing but the answer.
   */
  decide(bytes: Uint8Array, at?: number): Decision;
}

export function createForwarder(config: ForwarderConfig): Forwarder {
  const seen = createSeenPackets();

  const end = (bytes: Uint8Array, at: number): Decision =>
    config.gateway ? { kind: 'bridge' } : drop('ROUTING_ROUTE_EXHAUSTED', bytes, at);

  const next = (bytes: Uint8Array, at: number, cursor: number): Decision => {
    const from = routeFrom(at);
    const port = portAt(bytes, from + cursor, routeTo(bytes, at));
    if (port === NO_PORT) return drop('ROUTING_ROUTE_MALFORMED', bytes, at);
    // What follows names failed links (`wire/failed-links.ts`).
    if (port === 0) return end(bytes, at);
    const ttl = packetTtl(bytes, at);
    // The last hop's receiver needs no ttl of its own: a ttl of 1 still crosses one link.
    if (ttl === 0) return drop('ROUTING_TTL_EXHAUSTED', bytes, at);
    setTtl(bytes, ttl - 1, at);
    setCursor(bytes, cursor + portBytes(port), at);
    if (config.isUsable(port)) return { kind: 'forward', port };
    return { kind: 'blocked', port, header: headerAt(bytes, at) };
  };

  return {
    decide(bytes, at = 0) {
      const fault = packetFault(bytes, at);
      if (fault !== null) return { kind: 'malformed', error: fault.error };
      const isMine = isPacketFor(bytes, at, config.self);
      const detours = isMine ? DELIVERED : detourCount(packetFlags(bytes, at));
      if (!seen.first(bytes, at, detours)) return drop('ROUTING_PACKET_DUPLICATE', bytes, at);
      if (isMine) return { kind: 'deliver', header: headerAt(bytes, at) };
      const cursor = packetCursor(bytes, at);
      return routeFrom(at) + cursor < routeTo(bytes, at) ? next(bytes, at, cursor) : end(bytes, at);
    },
  };
}

function headerAt(bytes: Uint8Array, at: number): DecodedPacketHeader {
  return packetHeader(at === 0 ? bytes : bytes.subarray(at));
}

function drop(code: RoutingDropCode, bytes: Uint8Array, at: number): Decision {
  return { kind: 'drop', code, header: headerAt(bytes, at) };
}
