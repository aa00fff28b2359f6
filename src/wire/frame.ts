// What a link carries: one type byte, then the payload. The link itself keeps frames apart and in order.

import { assert } from '../core/assert.ts';
import { fail, ok, type Result } from '../core/errors.ts';

export const FrameType = {
  hello: 1,
  helloBinding: 2,
  goodbye: 3,
  ping: 4,
  pong: 5,
  linkState: 6,
  linkStateDigest: 7,
  packet: 8,
  presence: 9,
  linkStateUpdate: 10,
} as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

const KNOWN: ReadonlySet<number> = new Set(Object.values(FrameType));

function isFrameType(type: number): type is FrameType {
  return KNOWN.has(type);
}

export function encodeFrame(type: FrameType, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(1 + payload.length);
  frame[0] = type;
  frame.set(payload, 1);
  return frame;
}

/** Where payloads are written that go out without a copy. Who sends many, and knows when they are read, can give the bytes again. */
export interface FrameBuffers {
  /** Room for a payload that `frameAround` makes a frame of without a copy; its bytes may hold anything. */
  payload(bytes: number): Uint8Array;
}

/** Each payload in memory of its own. */
export const FRESH_BUFFERS: FrameBuffers = {
  payload: (bytes) => new Uint8Array(1 + bytes).subarray(1),
};

/** The frame around a payload from `FrameBuffers`, whose bytes it takes over. */
export function frameAround(type: FrameType, payload: Uint8Array): Uint8Array {
  assert(payload.byteOffset === 1, 'a payload with headroom stands behind one free byte');
  const frame = new Uint8Array(payload.buffer, 0, 1 + payload.length);
  frame[0] = type;
  return frame;
}

/** The payload is a view into `bytes` and may be empty. */
export function decodeFrame(
  bytes: Uint8Array,
): Result<
  { readonly type: FrameType; readonly payload: Uint8Array },
  'WIRE_FRAME_EMPTY' | 'WIRE_FRAME_UNKNOWN_TYPE'
> {
  const type = bytes[0];
  if (type === undefined) return fail('WIRE_FRAME_EMPTY', {});
  if (!isFrameType(type)) return fail('WIRE_FRAME_UNKNOWN_TYPE', { type });
  return ok({ type, payload: bytes.subarray(1) });
}
