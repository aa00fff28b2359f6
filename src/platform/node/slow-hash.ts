// `SlowHash` by sodium-native: on a thread of libuv's pool, which runs C alone and takes no turn of the event loop.

import sodium from 'sodium-native';
import type { SlowHash } from '../../env/slow-hash.ts';
import { requireArgon2 } from '../primitive-lengths.ts';

export const slowHash: SlowHash = {
  async argon2id(password, salt, opsLimit, memoryBytes, outBytes) {
    requireArgon2(salt, opsLimit, memoryBytes, outBytes);
    const out = new Uint8Array(outBytes);
    const algorithm = sodium.crypto_pwhash_ALG_ARGON2ID13;
    await sodium.crypto_pwhash_async(out, password, salt, opsLimit, memoryBytes, algorithm);
    return out;
  },
};
