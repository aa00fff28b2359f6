// Proofs of work that were checked already: a check costs 13 ms, and neighbours come back.

import type { Primitives } from '../env/primitives.ts';
import { checkProofOfWork } from '../crypto/proof-of-work.ts';
import { byteKey, type ByteKey } from '../routing/byte-key.ts';

/** Good proofs remembered; the oldest goes first. Bad ones are not: they must not push good ones out. */
const PROOFS_MAX = 1024;

export function createProofMemory(
  primitives: Primitives,
  networkId: string,
  bits: number,
): (publicKey: Uint8Array, proof: Uint8Array) => boolean {
  const good = new Set<ByteKey>();
  return (publicKey, proof) => {
    const key = byteKey(publicKey) + byteKey(proof);
    if (good.has(key)) return true;
    if (!checkProofOfWork(primitives, publicKey, networkId, bits, proof)) return false;
    const oldest = good.size >= PROOFS_MAX ? good.values().next().value : undefined;
    if (oldest !== undefined) good.delete(oldest);
    good.add(key);
    return true;
  };
}
