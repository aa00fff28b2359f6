// Stateless cookies (as in DTLS, RFC 9147 section 5.1): a listener gives a dialer a keyed hash of its address, and keeps
// nothing until the hash comes back from there. A cookie holds for half a minute to a minute.

import { concat, utf8 } from '../../../core/bytes.ts';
import type { Clock } from '../../../env/clock.ts';
import type { Primitives } from '../../../env/primitives.ts';
import type { Rng } from '../../../env/rng.ts';
import { COOKIE_BYTES } from './opening-message.ts';

/** A cookie is taken in the period in which it was made and in the next one. */
const PERIOD_MS = 30_000;
const KEY_BYTES = 32;

export interface AddressCookies {
  /** 16 bytes for whoever receives at `address` and shows `request` again. */
  cookieOf(address: string, request: Uint8Array): Uint8Array;
  isValid(address: string, request: Uint8Array, cookie: Uint8Array): boolean;
}

export function createAddressCookies(
  primitives: Primitives,
  rng: Rng,
  clock: Clock,
): AddressCookies {
  const key = new Uint8Array(KEY_BYTES);
  rng.fill(key);

  const cookieIn = (period: number, address: string, request: Uint8Array): Uint8Array =>
    // The period ends at its first space, the request has one length: no two inputs give the same bytes.
    primitives.blake2b(concat(request, utf8(`${period} ${address}`)), COOKIE_BYTES, key);
  const periodNow = (): number => Math.floor(clock.now() / PERIOD_MS);

  return {
    cookieOf: (address, request) => cookieIn(periodNow(), address, request),
    isValid(address, request, cookie) {
      const now = periodNow();
      return [now, now - 1].some((period) =>
        primitives.equal(cookieIn(period, address, request), cookie),
      );
    },
  };
}
