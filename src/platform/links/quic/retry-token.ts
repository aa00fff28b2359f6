// The stateless cookie of QUIC (RFC 9000 section 8.1.2): before anything is kept about a dialer it must bring back a
// token that was sent to its address. The token carries what is needed later, and a MAC: HMAC-SHA-256.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { concat, utf8 } from '../../../core/bytes.ts';
import type { Clock } from '../../../env/clock.ts';

/** From the token to the dialer's second try; one round trip, with room for a repeated one. */
const LIFETIME_MS = 10_000;
const MAC_BYTES = 16;
const TIME_BYTES = 8;

export interface RetryTokens {
  /** For a dialer at `address` that began with `originalId` and shall go on with `nextId`. */
  mint(address: string, originalId: Uint8Array, nextId: Uint8Array): Uint8Array;
  /** The `originalId` of a token of ours, fresh and for this address and id; else `null`. */
  open(token: Uint8Array, address: string, nextId: Uint8Array): Uint8Array | null;
}

export function createRetryTokens(clock: Clock, secret: Uint8Array): RetryTokens {
  const mac = (content: Uint8Array, address: string, nextId: Uint8Array): Uint8Array =>
    createHmac('sha256', secret)
      .update(Uint8Array.of(content.length, nextId.length))
      .update(concat(content, nextId, utf8(address)))
      .digest()
      .subarray(0, MAC_BYTES);
  return {
    mint(address, originalId, nextId) {
      const time = new Uint8Array(TIME_BYTES);
      new DataView(time.buffer).setFloat64(0, clock.now());
      const content = concat(time, originalId);
      return concat(mac(content, address, nextId), content);
    },
    open(token, address, nextId) {
      if (token.length < MAC_BYTES + TIME_BYTES || token.length > 0xff) return null;
      const content = token.slice(MAC_BYTES);
      if (!timingSafeEqual(token.subarray(0, MAC_BYTES), mac(content, address, nextId))) {
        return null;
      }
      const ageMs = clock.now() - new DataView(content.buffer).getFloat64(0);
      return ageMs <= LIFETIME_MS ? content.slice(TIME_BYTES) : null;
    },
  };
}
