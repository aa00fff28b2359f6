// The packet: what crosses a mesh hop by hop. A fixed big-endian header, then a body that only its destination can read.
//
//   byte  size  field
//      0     1  wire version (1)
//      1     1  type: 1 data, 2 handshake, 3 unreachable; others pass relays untouched; 0 is refused
//      2     1  flags: bit 0 congestion mark, bits 1–2 detour count, bits 3–4 traffic class
//               (traffic-class.ts), bit 5 way left, bits 6–7 sent as 0, kept and ignored
//      3     1  ttl: hops that remain
//      4     4  body length in bytes
//      8     4  flow id
//     12     8  packet id
//     20    32  source PeerId
//     52    32  destination PeerId
//     84     1  route length r in bytes
//     85     1  cursor: byte offset of the next port in the route, ≤ r
//     86     r  route: a run of ports (ports.ts)
//   86+r        body, exactly as long as the header says
//
// Relays change flags, ttl, cursor and route: no signature and no seal may cover these.

import { assert } from '../core/assert.ts';
import { fail, ok, type BitcrapsError, type Result } from '../core/errors.ts';
import { PEER_ID_BYTES } from '../core/peer-id.ts';
import { readU32, readU64, writeU32, writeU64 } from './big-endian.ts';
import { ROUTE_BYTES_MAX } from './ports.ts';

export const WIRE_VERSION = 1;

/** What a body holds. Relays do not look at it. */
export const PacketType = { data: 1, handshake: 2, unreachable: 3 } as const;

/** Bit 0 of the flags: some relay's queue was past its mark (RFC 3168's role). */
export const FLAG_CONGESTION = 0x01;
/**
 * Bit 5: nothing came back on the way that packets of the source took before, so that this one takes another. What its
 * destination sends back had better do so, too.
 */
export const FLAG_WAY_LEFT = 0x20;
const DETOUR_SHIFT = 1;
const DETOUR_BITS = 0x03;

/** The header without its route. */
export const PACKET_HEADER_BYTES_MIN = 86;
/** 60 KiB of payload, and 2 KiB for what seals and names it. */
export const PACKET_BODY_BYTES_MAX: number = 62 * 1024;
/** The longest packet. */
export const PACKET_BYTES_MAX: number =
  PACKET_HEADER_BYTES_MIN + ROUTE_BYTES_MAX + PACKET_BODY_BYTES_MAX;

const VERSION_AT = 0;
/** Where relays find what they look at without decoding the rest. */
export const TYPE_AT = 1;
export const FLAGS_AT = 2;
const TTL_AT = 3;
const BODY_BYTES_AT = 4;
const FLOW_ID_AT = 8;
const PACKET_ID_AT = 12;
export const SOURCE_AT = 20;
const DESTINATION_AT = SOURCE_AT + PEER_ID_BYTES;
const ROUTE_BYTES_AT = DESTINATION_AT + PEER_ID_BYTES;
const CURSOR_AT = ROUTE_BYTES_AT + 1;
const ROUTE_AT = CURSOR_AT + 1;

export interface PacketHeader {
  /** One of `PacketType`, or another non-zero byte of a later version. */
  readonly type: number;
  /** See `FLAG_CONGESTION` and `detourCount`. */
  readonly flags: number;
  /** Hops that remain, 0…255. */
  readonly ttl: number;
  /** At most `PACKET_BODY_BYTES_MAX`. */
  readonly bodyBytes: number;
  /** Unsigned 32 bits: packets of one flow keep one path. */
  readonly flowId: number;
  /** Unsigned 64 bits, unique at its source. */
  readonly packetId: bigint;
  /** PeerId, 32 bytes. */
  readonly source: Uint8Array;
  /** PeerId, 32 bytes. */
  readonly destination: Uint8Array;
  /** Encoded ports, at most `ROUTE_BYTES_MAX` bytes. */
  readonly route: Uint8Array;
  /** Byte offset into the route of the port to take next; at its end when nothing remains. */
  readonly cursor: number;
}

/** A header as decoded; `source`, `destination` and `route` are views into the packet. */
export interface DecodedPacketHeader extends PacketHeader {
  /** Where the body begins. */
  readonly headerBytes: number;
}

export type PacketErrorCode =
  | 'WIRE_PACKET_TRUNCATED'
  | 'WIRE_PACKET_VERSION'
  | 'WIRE_PACKET_TYPE'
  | 'WIRE_PACKET_CURSOR'
  | 'WIRE_PACKET_LENGTH'
  | 'WIRE_PACKET_BODY_TOO_LONG';

/** The whole packet. The body's length is taken from `body`; header fields out of range are a caller's bug. */
export function encodePacket(
  header: Omit<PacketHeader, 'bodyBytes'>,
  body: Uint8Array,
): Uint8Array {
  const packet = new Uint8Array(ROUTE_AT + header.route.length + body.length);
  packet.set(body, writeHeader(header, body.length, packet, 0));
  return packet;
}

/** Writes the header at `offset` of `out` and returns where it ends. Allocates nothing. */
export function encodePacketHeader(header: PacketHeader, out: Uint8Array, offset: number): number {
  return writeHeader(header, header.bodyBytes, out, offset);
}

function writeHeader(
  header: Omit<PacketHeader, 'bodyBytes'>,
  bodyBytes: number,
  out: Uint8Array,
  offset: number,
): number {
  const { route, cursor } = header;
  assert(header.type > 0 && header.type <= 0xff, 'a packet type is one byte and not zero');
  assert(header.source.length === PEER_ID_BYTES, 'a source is a PeerId');
  assert(header.destination.length === PEER_ID_BYTES, 'a destination is a PeerId');
  assert(route.length <= ROUTE_BYTES_MAX, 'a route is at most 255 bytes');
  assert(cursor >= 0 && cursor <= route.length, 'a cursor lies inside its route');
  assert(bodyBytes >= 0 && bodyBytes <= PACKET_BODY_BYTES_MAX, 'a body is at most 62 KiB');
  out[offset + VERSION_AT] = WIRE_VERSION;
  out[offset + TYPE_AT] = header.type;
  out[offset + FLAGS_AT] = header.flags;
  out[offset + TTL_AT] = header.ttl;
  writeU32(out, offset + BODY_BYTES_AT, bodyBytes);
  writeU32(out, offset + FLOW_ID_AT, header.flowId);
  writeU64(out, offset + PACKET_ID_AT, header.packetId);
  out.set(header.source, offset + SOURCE_AT);
  out.set(header.destination, offset + DESTINATION_AT);
  out[offset + ROUTE_BYTES_AT] = route.length;
  out[offset + CURSOR_AT] = cursor;
  if (route.length > 0) out.set(route, offset + ROUTE_AT);
  return offset + ROUTE_AT + route.length;
}

/**
 * Reads the header of one whole packet and checks every length in it against `bytes`. The ports of the route are
 * checked one by one as relays read them.
 */
export function decodePacketHeader(
  bytes: Uint8Array,
): Result<DecodedPacketHeader, PacketErrorCode> {
  const fault = packetFault(bytes, 0);
  return fault ?? ok(packetHeader(bytes));
}

/**
 * What is wrong with the packet that begins at `at` and ends with the bytes, `null` if nothing: all that
 * `decodePacketHeader` checks. Makes nothing of a sound packet, for relays.
 */
export function packetFault(
  bytes: Uint8Array,
  at: number,
): { readonly ok: false; readonly error: BitcrapsError<PacketErrorCode> } | null {
  const packetBytes = bytes.length - at;
  if (packetBytes < ROUTE_AT) return fail('WIRE_PACKET_TRUNCATED', { bytes: packetBytes });
  const version = bytes[at + VERSION_AT] ?? 0;
  if (version !== WIRE_VERSION) return fail('WIRE_PACKET_VERSION', { version });
  const type = bytes[at + TYPE_AT] ?? 0;
  if (type === 0) return fail('WIRE_PACKET_TYPE', { type });
  const bodyBytes = readU32(bytes, at + BODY_BYTES_AT);
  if (bodyBytes > PACKET_BODY_BYTES_MAX) {
    return fail('WIRE_PACKET_BODY_TOO_LONG', { bodyBytes, bodyBytesMax: PACKET_BODY_BYTES_MAX });
  }
  const routeBytes = bytes[at + ROUTE_BYTES_AT] ?? 0;
  const cursor = bytes[at + CURSOR_AT] ?? 0;
  if (cursor > routeBytes) return fail('WIRE_PACKET_CURSOR', { cursor, routeBytes });
  const expected = ROUTE_AT + routeBytes + bodyBytes;
  if (packetBytes !== expected) return fail('WIRE_PACKET_LENGTH', { bytes: packetBytes, expected });
  return null;
}

/** The header of a packet without fault. */
export function packetHeader(bytes: Uint8Array): DecodedPacketHeader {
  const headerBytes = ROUTE_AT + (bytes[ROUTE_BYTES_AT] ?? 0);
  return {
    type: bytes[TYPE_AT] ?? 0,
    flags: bytes[FLAGS_AT] ?? 0,
    ttl: bytes[TTL_AT] ?? 0,
    bodyBytes: readU32(bytes, BODY_BYTES_AT),
    flowId: readU32(bytes, FLOW_ID_AT),
    packetId: readU64(bytes, PACKET_ID_AT),
    source: bytes.subarray(SOURCE_AT, DESTINATION_AT),
    destination: bytes.subarray(DESTINATION_AT, ROUTE_BYTES_AT),
    route: bytes.subarray(ROUTE_AT, headerBytes),
    cursor: bytes[CURSOR_AT] ?? 0,
    headerBytes,
  };
}

/** Flags of a packet that begins at `at`; so do the others below. */
export function packetFlags(bytes: Uint8Array, at: number): number {
  return bytes[at + FLAGS_AT] ?? 0;
}

/** Hops that remain. */
export function packetTtl(bytes: Uint8Array, at: number): number {
  return bytes[at + TTL_AT] ?? 0;
}

/** Whether the packet is for this PeerId. */
export function isPacketFor(bytes: Uint8Array, at: number, peer: Uint8Array): boolean {
  const from = at + DESTINATION_AT;
  for (let i = 0; i < PEER_ID_BYTES; i += 1) if (bytes[from + i] !== peer[i]) return false;
  return true;
}

/** The upper (0) or lower (1) 32 bits of the packet id, signed. */
export function packetIdWord(bytes: Uint8Array, at: number, word: 0 | 1): number {
  return readU32(bytes, at + PACKET_ID_AT + 4 * word) | 0;
}

/** Words of source and destination together. */
export const ENDS_WORDS: number = (2 * PEER_ID_BYTES) / 4;

/** 32 bits of the source, then of the destination, signed. */
export function endsWord(bytes: Uint8Array, at: number, word: number): number {
  return readU32(bytes, at + SOURCE_AT + 4 * word) | 0;
}

/** The first 32 bits of the destination, signed. */
export function destinationWord(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at + DESTINATION_AT) | 0;
}

/** Signed. */
export function packetFlowId(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at + FLOW_ID_AT) | 0;
}

/** The byte offset into the route of the port to take next. */
export function packetCursor(bytes: Uint8Array, at: number): number {
  return bytes[at + CURSOR_AT] ?? 0;
}

/** Where the route of the packet begins among the bytes. */
export function routeFrom(at: number): number {
  return at + ROUTE_AT;
}

/** Where it ends. */
export function routeTo(bytes: Uint8Array, at: number): number {
  return at + ROUTE_AT + (bytes[at + ROUTE_BYTES_AT] ?? 0);
}

/** In place, for relays; the packet begins at `at`. */
export function setTtl(bytes: Uint8Array, ttl: number, at = 0): void {
  bytes[at + TTL_AT] = ttl;
}

/** In place, for relays: the byte offset of the next port. */
export function setCursor(bytes: Uint8Array, cursor: number, at = 0): void {
  assert(cursor <= (bytes[at + ROUTE_BYTES_AT] ?? 0), 'a cursor lies inside its route');
  bytes[at + CURSOR_AT] = cursor;
}

/** In place, for relays. */
export function setFlags(packet: Uint8Array, flags: number): void {
  packet[FLAGS_AT] = flags;
}

/** The lower 32 bits of the id of a packet that begins at `offset`. */
export function packetIdBits(bytes: Uint8Array, offset: number): number {
  return readU32(bytes, offset + PACKET_ID_AT + 4);
}

/** In place, for relays: sets the congestion mark of a data packet that begins at `offset`; others stay as they are. */
export function markCongestion(bytes: Uint8Array, offset: number): void {
  if (bytes[offset + TYPE_AT] !== PacketType.data) return;
  bytes[offset + FLAGS_AT] = (bytes[offset + FLAGS_AT] ?? 0) | FLAG_CONGESTION;
}

/** How often the packet was sent round a failed link, 0…3. */
export function detourCount(flags: number): number {
  return (flags >> DETOUR_SHIFT) & DETOUR_BITS;
}

/** The flags with another detour count, 0…3. */
export function withDetourCount(flags: number, count: number): number {
  assert(count >= 0 && count <= DETOUR_BITS, 'a detour count is two bits');
  return (flags & ~(DETOUR_BITS << DETOUR_SHIFT)) | (count << DETOUR_SHIFT);
}

/** A new packet with another route and the cursor at its start; all else is kept. */
export function replaceRoute(packet: Uint8Array, route: Uint8Array): Uint8Array {
  return withRoute(packet, 0, route);
}

/** The same for the packet that begins at `at`, in place where the route is as long as the one before. */
export function rerouted(bytes: Uint8Array, at: number, route: Uint8Array): Uint8Array {
  if (bytes[at + ROUTE_BYTES_AT] !== route.length) return withRoute(bytes, at, route);
  bytes[at + CURSOR_AT] = 0;
  bytes.set(route, at + ROUTE_AT);
  return bytes;
}

function withRoute(bytes: Uint8Array, at: number, route: Uint8Array): Uint8Array {
  assert(route.length <= ROUTE_BYTES_MAX, 'a route is at most 255 bytes');
  const headEnd = at + ROUTE_BYTES_AT;
  const bodyAt = routeTo(bytes, at);
  const newBodyAt = at + ROUTE_AT + route.length;
  const out = new Uint8Array(newBodyAt + bytes.length - bodyAt);
  out.set(bytes.subarray(0, headEnd));
  out[headEnd] = route.length;
  out[at + CURSOR_AT] = 0;
  out.set(route, at + ROUTE_AT);
  out.set(bytes.subarray(bodyAt), newBodyAt);
  return out;
}
