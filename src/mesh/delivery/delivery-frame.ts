// What two ends of reliable messages say to each other inside their sessions: a message under its number, and which numbers
// came. Big-endian, fixed layout.

import { readU32, readU64, writeU32, writeU64 } from '../../wire/big-endian.ts';

const KIND_MESSAGE = 1;
const KIND_ACK = 2;
export const MESSAGE_HEAD_BYTES = 17;
const ACK_BYTES = 17;
/** Numbers past `next` that an acknowledgement tells of. */
export const ACK_BITS = 32;

export interface MessageFrame {
  readonly kind: 'message';
  /** Grows with each start of the sender. */
  readonly stream: bigint;
  /** Below it the sender waits for no acknowledgement any more. */
  readonly base: number;
  /** 0…2^32 − 1, one more for each message of the stream. */
  readonly sequence: number;
  readonly payload: Uint8Array;
}

export interface AckFrame {
  readonly kind: 'ack';
  readonly stream: bigint;
  /** All below it came. */
  readonly next: number;
  /** Bit i: `next` + 1 + i came, too. */
  readonly bits: number;
}

export function encodeMessage(
  stream: bigint,
  base: number,
  sequence: number,
  payload: Uint8Array,
): Uint8Array {
  const frame = new Uint8Array(MESSAGE_HEAD_BYTES + payload.length);
  frame[0] = KIND_MESSAGE;
  writeU64(frame, 1, stream);
  writeU32(frame, 9, base);
  writeU32(frame, 13, sequence);
  frame.set(payload, MESSAGE_HEAD_BYTES);
  return frame;
}

export function encodeAck(stream: bigint, next: number, bits: number): Uint8Array {
  const frame = new Uint8Array(ACK_BYTES);
  frame[0] = KIND_ACK;
  writeU64(frame, 1, stream);
  writeU32(frame, 9, next);
  writeU32(frame, 13, bits);
  return frame;
}

/** `null` if it is neither. The payload is a view. */
export function decodeDeliveryFrame(bytes: Uint8Array): MessageFrame | AckFrame | null {
  if (bytes[0] === KIND_MESSAGE && bytes.length >= MESSAGE_HEAD_BYTES) {
    const stream = readU64(bytes, 1);
    const base = readU32(bytes, 9);
    const sequence = readU32(bytes, 13);
    if (base > sequence) return null;
    return { kind: 'message', stream, base, sequence, payload: bytes.subarray(MESSAGE_HEAD_BYTES) };
  }
  if (bytes[0] !== KIND_ACK || bytes.length !== ACK_BYTES) return null;
  return {
    kind: 'ack',
    stream: readU64(bytes, 1),
    next: readU32(bytes, 9),
    bits: readU32(bytes, 13),
  };
}
