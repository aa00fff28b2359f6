// The eight bytes of a ping: its number, and the round trip that its sender measured last, so that one exchange tells both
// ends. A pong brings back the same bytes. Nodes before revision 2 of EnhancedRouting use all eight as a number.

import { readU32, writeU32 } from '../wire/big-endian.ts';

export const PING_BYTES = 8;
const NUMBER_MAX = 0xffff_ffff;
const MICROSECONDS_MAX = 0xffff_ffff;

export interface Ping {
  /** Unsigned 32 bits, counting up. */
  readonly number: number;
  /** `null`: not measured yet. */
  readonly roundTripMs: number | null;
}

export function encodePing({ number, roundTripMs }: Ping): Uint8Array {
  const payload = new Uint8Array(PING_BYTES);
  writeU32(payload, 0, number & NUMBER_MAX);
  const micros = roundTripMs === null ? 0 : Math.max(1, Math.round(roundTripMs * 1000));
  writeU32(payload, 4, Math.min(MICROSECONDS_MAX, micros));
  return payload;
}

/** `null` if it has another length. */
export function decodePing(payload: Uint8Array): Ping | null {
  if (payload.length !== PING_BYTES) return null;
  const micros = readU32(payload, 4);
  return { number: readU32(payload, 0), roundTripMs: micros === 0 ? null : micros / 1000 };
}
