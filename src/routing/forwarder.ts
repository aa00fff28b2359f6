// What happens to a packet at one node, decided from its bytes alone. Strict source routing (RFC 791 section 3.1) by
// ports: no hop looks up anything but its own link.
//
// No loop, in whatever order things happen: a node passes a packet at most once for each detour count, a detour only adds
// to the count, and nobody adds to it past `DETOURS_MAX`. So a packet visits a node at most 1 + `DETOURS_MAX` times, even
// where every route was planned on another view of the mesh. Forged counts gain nothing: two bits hold four, and ttl
// bounds the sum. Its destination takes a packet once, whatever copies came by detours.

import { bytesEqual } from '../core/bytes.ts';
import type { BitcrapsError } from '../core/errors.ts';
import {
  decodePacketHeader,
  detourCount,
  setCursor,
  setTtl,
  type DecodedPacketHeader,
  type PacketErrorCode,
} from '../wire/packet.ts';
import { readPort } from '../wire/ports.ts';
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
  /**
   * Over the link of `port`; ttl and cursor of the bytes have been set. `blocked`: that link is gone or suspect, and the
   * packet should take another way if there is one.
   */
  | {
      readonly kind: 'forward' | 'blocked';
      readonly port: number;
      readonly header: DecodedPacketHeader;
    }
  /** The route ends at this gateway; the destination is in another mesh. */
  | { readonly kind: 'bridge'; readonly header: DecodedPacketHeader }
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
  /** Decides and, for `forward` and `blocked`, changes ttl and cursor in place. A packet that comes again is dropped. */
  decide(packet: Uint8Array): Decision;
}

export function createForwarder(config: ForwarderConfig): Forwarder {
  const seen = createSeenPackets();

  const end = (header: DecodedPacketHeader): Decision =>
    config.gateway ? { kind: 'bridge', header } : drop('ROUTING_ROUTE_EXHAUSTED', header);

  const next = (packet: Uint8Array, header: DecodedPacketHeader): Decision => {
    const hop = readPort(header.route, header.cursor);
    if (hop === null) return drop('ROUTING_ROUTE_MALFORMED', header);
    // What follows names failed links (`wire/failed-links.ts`).
    if (hop.port === 0) return end(header);
    // The last hop's receiver needs no ttl of its own: a ttl of 1 still crosses one link.
    if (header.ttl === 0) return drop('ROUTING_TTL_EXHAUSTED', header);
    setTtl(packet, header.ttl - 1);
    setCursor(packet, hop.next);
    return { kind: config.isUsable(hop.port) ? 'forward' : 'blocked', port: hop.port, header };
  };

  return {
    decide(packet) {
      const decoded = decodePacketHeader(packet);
      if (!decoded.ok) return { kind: 'malformed', error: decoded.error };
      const header = decoded.value;
      const isMine = bytesEqual(header.destination, config.self);
      const detours = isMine ? DELIVERED : detourCount(header.flags);
      if (!seen.first(header.source, header.packetId, detours)) {
        return drop('ROUTING_PACKET_DUPLICATE', header);
      }
      if (isMine) return { kind: 'deliver', header };
      return header.cursor < header.route.length ? next(packet, header) : end(header);
    },
  };
}

function drop(code: RoutingDropCode, header: DecodedPacketHeader): Decision {
  return { kind: 'drop', code, header };
}
