// What passes between a dialer and a listener before the handshake of their transport: the dialer asks for a challenge,
// and answers it in front of its handshake. All three have one length, so that no reply is longer than what asked for it.
//
//   ask        magic ‖ 1 ‖ zeros
//   challenge  magic ‖ 2 ‖ listener's key ‖ cookie ‖ zeros
//   answer     magic ‖ 3 ‖ dialer's key   ‖ cookie ‖ solution
//   cookie     time slot (32 bits) ‖ bits ‖ nonce (8 bytes) ‖ authenticator (16 bytes)
//
// The cookie means something to its listener only; a dialer reads `bits` from it, the zero bits that are asked.

import { concat } from '../core/bytes.ts';
import { PEER_ID_BYTES } from '../core/peer-id.ts';
import { readU32, writeU32 } from './big-endian.ts';

/** "BCK" and a version. No TLS record, HTTP request or frame begins so. */
const MAGIC = Uint8Array.of(0x42, 0x43, 0x4b, 0x01);
const KIND = { ask: 1, challenge: 2, answer: 3 } as const;
const KEY_AT = 5;
const COOKIE_AT: number = KEY_AT + PEER_ID_BYTES;
export const COOKIE_NONCE_BYTES = 8;
export const COOKIE_TAG_BYTES = 16;
/** Slot and bits, which the authenticator covers together with the nonce. */
const COOKIE_NONCE_AT = 5;
const COOKIE_TAG_AT: number = COOKIE_NONCE_AT + COOKIE_NONCE_BYTES;
export const COOKIE_BYTES: number = COOKIE_TAG_AT + COOKIE_TAG_BYTES;
export const SOLUTION_BYTES = 8;
const SOLUTION_AT: number = COOKIE_AT + COOKIE_BYTES;
/** Of an ask, a challenge and an answer alike. */
export const KNOCK_BYTES: number = SOLUTION_AT + SOLUTION_BYTES;

export interface Cookie {
  /** 0…2^32 − 1, of the listener's clock. */
  readonly slot: number;
  /** Zero bits that an answer must show, 0…255. */
  readonly bits: number;
  readonly nonce: Uint8Array;
  readonly tag: Uint8Array;
}

export type Knock =
  | { readonly kind: 'ask' }
  | { readonly kind: 'challenge'; readonly listener: Uint8Array; readonly cookie: Uint8Array }
  | {
      readonly kind: 'answer';
      readonly dialer: Uint8Array;
      readonly cookie: Uint8Array;
      readonly solution: Uint8Array;
    };

/** Whether what a stream begins with can be a knock, as far as its first bytes show. */
export function isKnock(bytes: Uint8Array): boolean {
  return bytes.length > 0 && MAGIC.every((byte, i) => i >= bytes.length || bytes[i] === byte);
}

export function encodeKnock(knock: Knock): Uint8Array {
  const bytes = new Uint8Array(KNOCK_BYTES);
  bytes.set(MAGIC);
  bytes[MAGIC.length] = KIND[knock.kind];
  if (knock.kind === 'ask') return bytes;
  bytes.set(knock.kind === 'challenge' ? knock.listener : knock.dialer, KEY_AT);
  bytes.set(knock.cookie, COOKIE_AT);
  if (knock.kind === 'answer') bytes.set(knock.solution, SOLUTION_AT);
  return bytes;
}

/** `null` for anything else. The parts are views into `bytes`. */
export function decodeKnock(bytes: Uint8Array): Knock | null {
  if (bytes.length !== KNOCK_BYTES || !isKnock(bytes)) return null;
  const key = bytes.subarray(KEY_AT, COOKIE_AT);
  const cookie = bytes.subarray(COOKIE_AT, SOLUTION_AT);
  const solution = bytes.subarray(SOLUTION_AT);
  switch (bytes[MAGIC.length]) {
    case KIND.ask:
      return bytes.subarray(KEY_AT).every((byte) => byte === 0) ? { kind: 'ask' } : null;
    case KIND.challenge:
      return solution.every((byte) => byte === 0)
        ? { kind: 'challenge', listener: key, cookie }
        : null;
    case KIND.answer:
      return { kind: 'answer', dialer: key, cookie, solution };
    default:
      return null;
  }
}

export function encodeCookie({ slot, bits, nonce, tag }: Cookie): Uint8Array {
  const head = new Uint8Array(COOKIE_NONCE_AT);
  writeU32(head, 0, slot);
  head[COOKIE_NONCE_AT - 1] = bits;
  return concat(head, nonce, tag);
}

/** `bytes` are as long as a cookie is. The parts are views. */
export function cookieParts(bytes: Uint8Array): Cookie {
  return {
    slot: readU32(bytes, 0),
    bits: bytes[COOKIE_NONCE_AT - 1] ?? 0,
    nonce: bytes.subarray(COOKIE_NONCE_AT, COOKIE_TAG_AT),
    tag: bytes.subarray(COOKIE_TAG_AT),
  };
}
