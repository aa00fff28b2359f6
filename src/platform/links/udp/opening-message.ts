// The datagrams before a direct link: the dialer proves that it receives at its address before the listener keeps
// anything for it, and both learn the other's stream. None is secret; who the two are is proved afterwards, by Noise.
//
//   dialer → listener   probe   'BCU' ‖ 1 ‖ type ‖ nonce (8) ‖ stream (4) ‖ zeros
//   listener → dialer   cookie  'BCU' ‖ 1 ‖ type ‖ nonce (8) ‖ cookie (16)
//   dialer → listener   open    'BCU' ‖ 1 ‖ type ‖ nonce (8) ‖ stream (4) ‖ cookie (16) ‖ answer (74) or zeros ‖ zeros
//   listener → dialer   accept  'BCU' ‖ 1 ‖ type ‖ nonce (8) ‖ stream (4), or refuse, with a reason (1), or
//                       demand  'BCU' ‖ 1 ‖ type ‖ nonce (8) ‖ challenge (74)
//
// A listener under load demands work before it accepts; challenge and answer are those of `src/wire/knock.ts`. What a
// dialer sends is padded to 112 bytes, more than any reply has: the listener amplifies nothing.

import { readU32, writeU32 } from '../../../wire/big-endian.ts';
import { KNOCK_BYTES } from '../../../wire/knock.ts';

/** 'BCU', then the version. UDX's own packets begin with 255, those of its DHT with 3 or 19. */
const HEAD: Uint8Array = Uint8Array.of(0x42, 0x43, 0x55, 1);
const TYPE = { probe: 1, cookie: 2, open: 3, accept: 4, refuse: 5, demand: 6 } as const;
const KINDS = ['probe', 'cookie', 'open', 'accept', 'refuse', 'demand'] as const;
export const NONCE_BYTES = 8;
export const COOKIE_BYTES = 16;
const TYPE_AT = 4;
const NONCE_AT = 5;
const BODY_AT: number = NONCE_AT + NONCE_BYTES;
const STREAM_BYTES = 4;
const ANSWER_AT: number = BODY_AT + STREAM_BYTES + COOKIE_BYTES;
const ANSWER_END: number = ANSWER_AT + KNOCK_BYTES;
/** What a dialer sends: never shorter than the answer. */
export const REQUEST_BYTES = 112;

export type OpeningMessage =
  | { readonly kind: 'probe'; readonly nonce: Uint8Array; readonly stream: number }
  | { readonly kind: 'cookie'; readonly nonce: Uint8Array; readonly cookie: Uint8Array }
  | {
      readonly kind: 'open';
      readonly nonce: Uint8Array;
      readonly stream: number;
      readonly cookie: Uint8Array;
      /** To the last demand; `null` without one. */
      readonly answer: Uint8Array | null;
    }
  | { readonly kind: 'accept'; readonly nonce: Uint8Array; readonly stream: number }
  | { readonly kind: 'refuse'; readonly nonce: Uint8Array; readonly reason: OpeningRefusal }
  | { readonly kind: 'demand'; readonly nonce: Uint8Array; readonly challenge: Uint8Array };

/** `nobody`: no listener at the address; `busy`: it takes no more. */
type OpeningRefusal = 'nobody' | 'busy';

const REASONS: readonly OpeningRefusal[] = ['nobody', 'busy'];
const LENGTH = {
  probe: REQUEST_BYTES,
  cookie: BODY_AT + COOKIE_BYTES,
  open: REQUEST_BYTES,
  accept: BODY_AT + STREAM_BYTES,
  refuse: BODY_AT + 1,
  demand: BODY_AT + KNOCK_BYTES,
} as const;

export function encodeOpening(message: OpeningMessage): Uint8Array {
  const out = new Uint8Array(LENGTH[message.kind]);
  out.set(HEAD);
  out[TYPE_AT] = TYPE[message.kind];
  out.set(message.nonce, NONCE_AT);
  switch (message.kind) {
    case 'refuse':
      out[BODY_AT] = REASONS.indexOf(message.reason);
      break;
    case 'cookie':
      out.set(message.cookie, BODY_AT);
      break;
    case 'demand':
      out.set(message.challenge, BODY_AT);
      break;
    case 'open':
      writeU32(out, BODY_AT, message.stream);
      out.set(message.cookie, BODY_AT + STREAM_BYTES);
      if (message.answer !== null) out.set(message.answer, ANSWER_AT);
      break;
    case 'probe':
    case 'accept':
      writeU32(out, BODY_AT, message.stream);
      break;
  }
  return out;
}

/** The message, or `null` if `bytes` are not exactly one. */
export function decodeOpening(bytes: Uint8Array): OpeningMessage | null {
  if (bytes.length <= BODY_AT || !HEAD.every((byte, at) => bytes[at] === byte)) return null;
  const kind = KINDS.find((name) => TYPE[name] === bytes[TYPE_AT]);
  if (kind === undefined || bytes.length !== LENGTH[kind]) return null;
  const nonce = bytes.slice(NONCE_AT, BODY_AT);
  const stream = readU32(bytes, BODY_AT);
  switch (kind) {
    case 'probe':
      return isZero(bytes.subarray(BODY_AT + STREAM_BYTES)) ? { kind, nonce, stream } : null;
    case 'cookie':
      return { kind, nonce, cookie: bytes.slice(BODY_AT) };
    case 'open': {
      if (!isZero(bytes.subarray(ANSWER_END))) return null;
      const cookie = bytes.slice(BODY_AT + STREAM_BYTES, ANSWER_AT);
      const answer = bytes.slice(ANSWER_AT, ANSWER_END);
      return { kind, nonce, stream, cookie, answer: isZero(answer) ? null : answer };
    }
    case 'accept':
      return { kind, nonce, stream };
    case 'refuse': {
      const reason = REASONS[bytes[BODY_AT] ?? REASONS.length];
      return reason === undefined ? null : { kind, nonce, reason };
    }
    case 'demand':
      return { kind, nonce, challenge: bytes.slice(BODY_AT) };
  }
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
