// The checks of neighbours' proofs of work. Each costs 13 ms, and whoever found a proof that passes its cheap filter (a third of
// a millisecond) can ask for one: so they are done on another thread where there is one, one after the other, a bounded number
// waits, and good ones are remembered, since neighbours come back.

import { checkProofElsewhere, checkProofOfWork } from '../crypto/proof-of-work.ts';
import type { Primitives } from '../env/primitives.ts';
import type { SlowHash } from '../env/slow-hash.ts';
import { byteKey, type ByteKey } from '../routing/byte-key.ts';

/** Good proofs remembered; the oldest goes first. Bad ones are not: they must not push good ones out. */
const PROOFS_MAX = 1024;
/** Checks that wait: under half a second of them, far within the time of a handshake. */
export const CHECKS_WAITING_MAX = 32;

/** Whether a proof is good; `busy`: too many wait to be checked, or memory is short. */
export type ProofVerdict = boolean | 'busy';

/** Who waits for a verdict. */
export interface ProofWaiter {
  /** It waits no more. */
  isGone(): boolean;
  answer(verdict: ProofVerdict): void;
}

/** The verdict, or `later`: then `waiter` is told, never within the call. */
export type CheckProof = (
  publicKey: Uint8Array,
  proof: Uint8Array,
  waiter: ProofWaiter,
) => ProofVerdict | 'later';

interface Check {
  readonly publicKey: Uint8Array;
  readonly proof: Uint8Array;
  readonly key: ByteKey;
  readonly waiter: ProofWaiter;
}

export interface ProofChecksConfig {
  readonly primitives: Primitives;
  /** Default: on this thread, at once. */
  readonly slowHash?: SlowHash;
  readonly networkId: string;
  /** What is asked of neighbours. */
  readonly bits: number;
}

export function createProofChecks(config: ProofChecksConfig): CheckProof {
  const { primitives, slowHash, networkId, bits } = config;
  const good = new Set<ByteKey>();
  const waiting: Check[] = [];
  let isBusy = false;

  function remember(key: ByteKey): void {
    const oldest = good.size >= PROOFS_MAX ? good.values().next().value : undefined;
    if (oldest !== undefined) good.delete(oldest);
    good.add(key);
  }

  function next(): void {
    for (;;) {
      const check = waiting.shift();
      if (check === undefined || slowHash === undefined) break;
      if (check.waiter.isGone()) continue;
      const verdict = good.has(check.key) ? true : begun(slowHash, check);
      if (verdict === 'later') return;
      check.waiter.answer(verdict);
    }
    isBusy = false;
  }

  function begun(hash: SlowHash, { publicKey, proof, key, waiter }: Check): ProofVerdict | 'later' {
    const verdict = checkProofElsewhere(primitives, hash, publicKey, networkId, bits, proof);
    if (typeof verdict === 'boolean') return verdict;
    const end = (found: ProofVerdict): void => {
      if (found === true) remember(key);
      waiter.answer(found);
      next();
    };
    verdict.then(end, () => end('busy'));
    return 'later';
  }

  return (publicKey, proof, waiter) => {
    const key = byteKey(publicKey) + byteKey(proof);
    if (good.has(key)) return true;
    if (slowHash === undefined) {
      const isGood = checkProofOfWork(primitives, publicKey, networkId, bits, proof);
      if (isGood) remember(key);
      return isGood;
    }
    const check = { publicKey: publicKey.slice(), proof: proof.slice(), key, waiter };
    if (isBusy) {
      if (waiting.length >= CHECKS_WAITING_MAX) return 'busy';
      waiting.push(check);
      return 'later';
    }
    const verdict = begun(slowHash, check);
    isBusy = verdict === 'later';
    return verdict;
  };
}
