// The operating system's randomness, through libsodium, as an `Rng`.

import sodium from 'sodium-native';
import type { Rng } from '../../env/rng.ts';

const word = new Uint32Array(1);
const wordBytes = new Uint8Array(word.buffer);

export const systemRng: Rng = {
  fill: (out) => sodium.randombytes_buf(out),
  uint32() {
    sodium.randombytes_buf(wordBytes);
    return word[0] ?? 0;
  },
};
