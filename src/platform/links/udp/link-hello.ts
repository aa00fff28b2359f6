// The first message each way on the encrypted stream of a UDP link: what the dialer wants of it, and the listener's
// consent. Only who holds the identity key can have sent it, so a link exists from then on and not before; a recorded
// handshake that somebody plays again gets no further.
//
//   'bcu1' ‖ mode (1) ‖ the sender's key for datagrams (32)

import { utf8 } from '../../../core/bytes.ts';
import type { LinkMode } from './udp-address.ts';

const HEAD: Uint8Array = utf8('bcu1');
const MODE = { reliable: 1, datagram: 2 } as const;
export const DATAGRAM_KEY_BYTES = 32;
const HELLO_BYTES: number = HEAD.length + 1 + DATAGRAM_KEY_BYTES;

export interface LinkHello {
  readonly mode: LinkMode;
  /** Under which the sender of this hello seals its datagrams. Secret: it travels encrypted. */
  readonly datagramKey: Uint8Array;
}

export function encodeLinkHello(hello: LinkHello): Uint8Array {
  const out = new Uint8Array(HELLO_BYTES);
  out.set(HEAD);
  out[HEAD.length] = MODE[hello.mode];
  out.set(hello.datagramKey, HEAD.length + 1);
  return out;
}

/** The hello, or `null` if `bytes` are not exactly one. */
export function decodeLinkHello(bytes: Uint8Array): LinkHello | null {
  if (bytes.length !== HELLO_BYTES || !HEAD.every((byte, at) => bytes[at] === byte)) return null;
  const mode = bytes[HEAD.length];
  if (mode !== MODE.reliable && mode !== MODE.datagram) return null;
  return {
    mode: mode === MODE.reliable ? 'reliable' : 'datagram',
    datagramKey: bytes.slice(HEAD.length + 1),
  };
}
