// What frames cost on a real wire below our own bytes: TLS 1.3 records over TCP over IPv4, as `src/platform/links/` sends
// them. A model, since the simulated network carries frames and no segments; every figure has its source here.
//
// - Framing: a length of four bytes before each frame (`src/wire/stream-framing.ts`).
// - TLS 1.3 (RFC 8446 section 5.2): 5 bytes of record header, 1 of inner type, 16 of AEAD tag, for each record of at most
//   16 KiB.
// - TCP (RFC 9293) over IPv4 (RFC 791): 20 + 20 bytes of headers, 10 + 2 of the timestamps option (RFC 7323), which all
//   current systems use; 1 448 bytes of data fit an Ethernet frame of 1 500. Layer 2 is not counted: it differs.
// - A turn of the program's event loop makes one write (`tls-link.ts` corks), so that frames handed over in one instant
//   share records and segments.
// - Acknowledgements (RFC 9293 section 3.8.6.3, RFC 1122 section 4.2.3.2): each second segment is acknowledged at once,
//   a lone one after 40 ms (Linux's TCP_DELACK_MIN), unless data goes the other way before and carries it.
// - Retransmissions are not counted: what a radio repeats, its interface does not show either.

export const FRAME_PREFIX_BYTES = 4;
const TLS_RECORD_BYTES = 22;
const TLS_RECORD_DATA_MAX = 16 * 1024;
export const SEGMENT_HEADER_BYTES = 52;
const SEGMENT_DATA_MAX = 1448;
const SEGMENTS_PER_ACK = 2;
export const DELAYED_ACK_MS = 40;
/**
 * What opening a link costs before its first frame, both ends' certificates included: the TLS 1.3 handshake as Node's
 * OpenSSL 3.5 sends it with our certificates, its hybrid key share (X25519MLKEM768) being the greater part. Measured on a
 * real connection by `test/e2e/tls-handshake-bytes.test.ts`.
 */
export const TLS_HANDSHAKE_BYTES = { dialer: 1963, listener: 1834 } as const;
/**
 * The dialler's: SYN, ACK of the SYN-ACK, a first flight of two segments, one with certificate and Finished. The
 * listener's: SYN-ACK, two segments up to its Finished, one with tickets.
 */
export const TLS_HANDSHAKE_SEGMENTS = { dialer: 5, listener: 4 } as const;

/** One direction's traffic, as far as the model needs it. */
export interface WireState {
  /** Bytes of frames and prefixes sent in the instant `flightAtMs`. */
  flightBytes: number;
  flightAtMs: number;
  /** The same of what arrived. */
  arrivedBytes: number;
  arrivedAtMs: number;
  /** Segments that arrived and are not acknowledged. */
  unackedSegments: number;
  unackedSinceMs: number;
}

export function newWireState(): WireState {
  return {
    flightBytes: 0,
    flightAtMs: -1,
    arrivedBytes: 0,
    arrivedAtMs: -1,
    unackedSegments: 0,
    unackedSinceMs: 0,
  };
}

function recordBytes(bytes: number): number {
  return bytes + TLS_RECORD_BYTES * Math.ceil(bytes / TLS_RECORD_DATA_MAX);
}

function segmentsOf(bytes: number): number {
  return Math.ceil(recordBytes(bytes) / SEGMENT_DATA_MAX);
}

/** Headers for what is sent in one instant, beyond the frames and their prefixes. */
function overheadOf(bytes: number): number {
  return recordBytes(bytes) - bytes + SEGMENT_HEADER_BYTES * segmentsOf(bytes);
}

/** A frame is sent: the header bytes that it adds to the wire. */
export function headersOfSent(state: WireState, frameBytes: number, nowMs: number): number {
  if (state.flightAtMs !== nowMs) {
    state.flightAtMs = nowMs;
    state.flightBytes = 0;
  }
  const before = state.flightBytes;
  state.flightBytes = before + FRAME_PREFIX_BYTES + frameBytes;
  return overheadOf(state.flightBytes) - (before === 0 ? 0 : overheadOf(before));
}

/** A frame arrives: the pure acknowledgements that its receiver sends for it or owed for earlier ones. */
export function acksOfArrived(state: WireState, frameBytes: number, nowMs: number): number {
  let acks = overdueAcks(state, nowMs);
  if (state.arrivedAtMs !== nowMs) {
    state.arrivedAtMs = nowMs;
    state.arrivedBytes = 0;
  }
  const before = state.arrivedBytes;
  state.arrivedBytes = before + FRAME_PREFIX_BYTES + frameBytes;
  const segments = segmentsOf(state.arrivedBytes) - (before === 0 ? 0 : segmentsOf(before));
  if (segments > 0 && state.unackedSegments === 0) state.unackedSinceMs = nowMs;
  state.unackedSegments += segments;
  acks += Math.floor(state.unackedSegments / SEGMENTS_PER_ACK);
  state.unackedSegments %= SEGMENTS_PER_ACK;
  return acks;
}

/** The receiver sends data the other way, which acknowledges what arrived: acknowledgements that went before it. */
export function acksBeforeReply(state: WireState, nowMs: number): number {
  const acks = overdueAcks(state, nowMs);
  state.unackedSegments = 0;
  return acks;
}

/** Delayed acknowledgements whose time had come. */
export function overdueAcks(state: WireState, nowMs: number): number {
  if (state.unackedSegments === 0 || nowMs - state.unackedSinceMs <= DELAYED_ACK_MS) return 0;
  state.unackedSegments = 0;
  return 1;
}
