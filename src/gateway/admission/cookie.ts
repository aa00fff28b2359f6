// Cookies: what a listener gives away instead of remembering. Whoever brings one back receives at the address that it
// was made for, within the last half minute, and owes as many bits as it says. Making and checking one takes a hash;
// nothing is kept but two secrets (the method of TCP SYN cookies and of RFC 9000, section 8.1).

import { concat, utf8 } from '../../core/bytes.ts';
import { randomBytes } from '../../crypto/random-bytes.ts';
import type { Clock } from '../../env/clock.ts';
import type { Primitives } from '../../env/primitives.ts';
import type { Rng } from '../../env/rng.ts';
import {
  COOKIE_BYTES,
  COOKIE_NONCE_BYTES,
  COOKIE_TAG_BYTES,
  cookieParts,
  encodeCookie,
  type Cookie,
} from '../../wire/knock.ts';

/** A cookie holds in the slot in which it was made and in the next: for one to two slots. */
export const COOKIE_SLOT_MS = 15_000;
const SECRET_BYTES = 32;
const LABEL: Uint8Array = utf8('bitcraps/admission-cookie');
const SLOTS = 2 ** 32;

export type CookieRefusal = 'answer-malformed' | 'answer-forged' | 'answer-expired';

export interface CookieJar {
  /** A fresh cookie for whoever receives at `address` (16 bytes). */
  make(address: Uint8Array, bits: number): Uint8Array;
  /** The cookie that this jar made for `address` and that still holds, or why it is none. */
  check(address: Uint8Array, bytes: Uint8Array): Cookie | CookieRefusal;
}

export function createCookieJar(primitives: Primitives, clock: Clock, rng: Rng): CookieJar {
  let slot = slotOf(clock);
  let secret = randomBytes(rng, SECRET_BYTES);
  let secretBefore = randomBytes(rng, SECRET_BYTES);

  /** A secret lives as long as cookies of its slot may be checked, and is overwritten then. */
  function rotate(): void {
    const now = slotOf(clock);
    if (now === slot) return;
    primitives.wipe(secretBefore);
    if ((slot + 1) % SLOTS === now) secretBefore = secret;
    else {
      primitives.wipe(secret);
      secretBefore = randomBytes(rng, SECRET_BYTES);
    }
    secret = randomBytes(rng, SECRET_BYTES);
    slot = now;
  }

  function tagOf(key: Uint8Array, address: Uint8Array, cookie: Omit<Cookie, 'tag'>): Uint8Array {
    const body = encodeCookie({ ...cookie, tag: new Uint8Array(0) });
    return primitives.blake2b(concat(LABEL, address, body), COOKIE_TAG_BYTES, key);
  }

  return {
    make(address, bits) {
      rotate();
      const nonce = randomBytes(rng, COOKIE_NONCE_BYTES);
      return encodeCookie({
        slot,
        bits,
        nonce,
        tag: tagOf(secret, address, { slot, bits, nonce }),
      });
    },

    check(address, bytes) {
      rotate();
      if (bytes.length !== COOKIE_BYTES) return 'answer-malformed';
      const cookie = cookieParts(bytes);
      const isOfNow = cookie.slot === slot;
      if (!isOfNow && (cookie.slot + 1) % SLOTS !== slot) return 'answer-expired';
      const tag = tagOf(isOfNow ? secret : secretBefore, address, cookie);
      return primitives.equal(tag, cookie.tag) ? cookie : 'answer-forged';
    },
  };
}

function slotOf(clock: Clock): number {
  return Math.floor(clock.now() / COOKIE_SLOT_MS) % SLOTS;
}
