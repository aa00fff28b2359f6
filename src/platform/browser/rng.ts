// The browser's randomness as an `Rng`. `getRandomValues` is there without a secure context, unlike WebCrypto's `subtle`.

import type { Rng } from '../../env/rng.ts';

/** The most that one call may ask for (Web Cryptography, section 10.1.1). */
const CALL_BYTES_MAX = 65_536;
const word = new Uint32Array(1);

export const browserRng: Rng = {
  fill(out) {
    for (let at = 0; at < out.length; at += CALL_BYTES_MAX) {
      const piece = new Uint8Array(Math.min(CALL_BYTES_MAX, out.length - at));
      crypto.getRandomValues(piece);
      out.set(piece, at);
    }
  },
  uint32() {
    crypto.getRandomValues(word);
    return word[0] ?? 0;
  },
};
