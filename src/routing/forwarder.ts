// What happens to a packet at one node, decided from its bytes alone. Strict source routing (RFC 791 section 3.1) by
// ports: no hop looks up anything but its own link. No loop, since a node passes a packet once, and once more after a
// detour, which may lead back; and each hop costs ttl.

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
  | { readonly kind: 'forward'; readonly port: number; readonly header: DecodedPacketHeader }
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
  /** Whether a live link has this port. */
  hasPort(port: number): boolean;
}

export interface Forwarder {
  /** Decides and, for `forward`, changes ttl and cursor in place. A packet that comes again is dropped. */
  decide(packet: Uint8Array): Decision;
}

export function createForwarder(config: ForwarderConfig): Forwarder {
  const seen = createSeenPackets();

  const next = (packet: Uint8Array, header: DecodedPacketHeader): Decision => {
    const hop = readPort(header.route, header.cursor);
    if (hop === null) return drop('ROUTING_ROUTE_MALFORMED', header);
    // The last hop's receiver needs no ttl of its own: a ttl of 1 still crosses one link.
    if (header.ttl === 0) return drop('ROUTING_TTL_EXHAUSTED', header);
    if (!config.hasPort(hop.port)) {
      return drop('ROUTING_PORT_UNKNOWN', header);
    }
    setTtl(packet, header.ttl - 1);
    setCursor(packet, hop.next);
    return { kind: 'forward', port: hop.port, header };
  };

  return {
    decide(packet) {
      const decoded = decodePacketHeader(packet);
      if (!decoded.ok) return { kind: 'malformed', error: decoded.error };
      const header = decoded.value;
      if (!seen.first(header.source, header.packetId, detourCount(header.flags))) {
        return drop('ROUTING_PACKET_DUPLICATE', header);
      }
      if (bytesEqual(header.destination, config.self)) return { kind: 'deliver', header };
      if (header.cursor < header.route.length) return next(packet, header);
      if (config.gateway) return { kind: 'bridge', header };
      return drop('ROUTING_ROUTE_EXHAUSTED', header);
    },
  };
}

function drop(code: RoutingDropCode, header: DecodedPacketHeader): Decision {
  return { kind: 'drop', code, header };
}
