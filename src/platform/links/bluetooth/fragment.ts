// How a message travels in values of 20 to 514 bytes. Each value has a head of two bytes:
//
//   kind (2 bits) ‖ reserved (6 bits, zero) ‖ sequence (8 bits)
//
//   0 middle   content of the message under way
//   1 first    length of the whole message, 16 bits, big-endian; content. It ends with the message's last byte.
//   2 credit   how many more values with content the other end may send, 16 bits; sequence 0
//   3 close    nothing follows; sequence 0
//
// The sequence counts values with content, modulo 256. Bluetooth's link layer repeats what it lost, but stacks drop what
// they have no room for: a gap is found at the next value, and ends the pipe.

import { assert } from '../../../core/assert.ts';

export const HEAD_BYTES = 2;
const LENGTH_BYTES = 2;
const KIND_SHIFT = 6;
const RESERVED = 0x3f;
/** ATT (Core Specification, volume 3, part F): what every device carries, and what a value can be at most. */
const MTU_BYTES_MIN = 23;
export const VALUE_BYTES_MAX = 512;
/** An ATT write or notification names its operation and its handle. */
const ATT_BYTES = 3;
export const MESSAGE_BYTES_MAX = 0xffff;

export type Fragment =
  | {
      readonly kind: 'first';
      readonly sequence: number;
      readonly messageBytes: number;
      readonly content: Uint8Array;
    }
  | { readonly kind: 'middle'; readonly sequence: number; readonly content: Uint8Array }
  | { readonly kind: 'credit'; readonly credit: number }
  | { readonly kind: 'close' };

/** What a value may carry at this MTU. */
export function valueBytesAt(mtuBytes: number): number {
  return Math.max(MTU_BYTES_MIN - ATT_BYTES, Math.min(mtuBytes - ATT_BYTES, VALUE_BYTES_MAX));
}

/**
 * The next value of `message` from `at`, as long as `valueBytes` allow, and where the one after it begins.
 */
export function cutFragment(
  message: Uint8Array,
  at: number,
  sequence: number,
  valueBytes: number,
): { readonly value: Uint8Array; readonly next: number } {
  assert(
    message.length > 0 && message.length <= MESSAGE_BYTES_MAX,
    'a message has 16 bits of length',
  );
  const headBytes = at === 0 ? HEAD_BYTES + LENGTH_BYTES : HEAD_BYTES;
  const next = Math.min(message.length, at + valueBytes - headBytes);
  const value = new Uint8Array(headBytes + next - at);
  value[0] = (at === 0 ? 1 : 0) << KIND_SHIFT;
  value[1] = sequence & 0xff;
  if (at === 0) writeU16(value, message.length);
  value.set(message.subarray(at, next), headBytes);
  return { value, next };
}

export function encodeCredit(credit: number): Uint8Array {
  const value = Uint8Array.of(2 << KIND_SHIFT, 0, 0, 0);
  writeU16(value, credit);
  return value;
}

export function encodeClose(): Uint8Array {
  return Uint8Array.of(3 << KIND_SHIFT, 0);
}

/** `null` for what is no value of ours. */
export function decodeFragment(payload: Uint8Array): Fragment | null {
  const [head = 0, sequence = 0] = payload;
  if (payload.length < HEAD_BYTES || payload.length > VALUE_BYTES_MAX) return null;
  if ((head & RESERVED) !== 0) return null;
  const number = ((payload[HEAD_BYTES] ?? 0) << 8) | (payload[HEAD_BYTES + 1] ?? 0);
  switch (head >> KIND_SHIFT) {
    case 0:
      if (payload.length === HEAD_BYTES) return null;
      return { kind: 'middle', sequence, content: payload.subarray(HEAD_BYTES) };
    case 1: {
      const content = payload.subarray(HEAD_BYTES + LENGTH_BYTES);
      if (content.length === 0 || content.length > number) return null;
      return { kind: 'first', sequence, messageBytes: number, content };
    }
    case 2:
      if (payload.length !== HEAD_BYTES + LENGTH_BYTES || sequence !== 0 || number === 0)
        return null;
      return { kind: 'credit', credit: number };
    default:
      return payload.length === HEAD_BYTES && sequence === 0 ? { kind: 'close' } : null;
  }
}

function writeU16(value: Uint8Array, number: number): void {
  value[HEAD_BYTES] = number >> 8;
  value[HEAD_BYTES + 1] = number & 0xff;
}
