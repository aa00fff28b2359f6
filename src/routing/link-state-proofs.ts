// Proofs that an originator signed two contents under one number: they flood like records, and whoever gets one refuses
// its signer for a time. Only the signer's key can make one.

import { bytesEqual } from '../core/bytes.ts';
import { BitcrapsError } from '../core/errors.ts';
import { peerIdShort } from '../core/peer-id.ts';
import type { Logger } from '../env/logger.ts';
import { byteKey, type ByteKey } from './byte-key.ts';
import type { LinkStateDatabase } from './link-state-database.ts';
import type { PortState } from './link-state-port.ts';
import { PROOF_BYTES_MAX, type Proof } from './link-state-update.ts';

/** Proofs kept, to answer who still passes on records of their signers. */
const PROOFS_KEPT = 64;
/** Proofs that wait for one link. */
const PROOFS_WAITING_MAX = 64;

export interface ProofsDeps {
  /** PeerId. */
  readonly self: Uint8Array;
  readonly database: LinkStateDatabase;
  readonly logger: Logger;
  readonly ports: ReadonlyMap<number, PortState>;
}

export class Proofs {
  readonly #deps: ProofsDeps;
  /** Insertion order is time order. */
  readonly #kept = new Map<ByteKey, Proof>();

  constructor(deps: ProofsDeps) {
    this.#deps = deps;
  }

  /** Takes a proof that a neighbour sent: what is wrong with it, `null` if nothing. */
  receive({ one, other }: Proof, from: PortState, nowMs: number): BitcrapsError | null {
    const { database } = this.#deps;
    const { pool } = database;
    const first = pool.decode(one);
    if (!first.ok) return first.error;
    const second = pool.decode(other);
    if (!second.ok) return second.error;
    const { originator, sequence } = first.value.record;
    if (
      !bytesEqual(originator, second.value.record.originator) ||
      sequence !== second.value.record.sequence ||
      bytesEqual(first.value.hash, second.value.hash)
    ) {
      return new BitcrapsError('ROUTING_UPDATE_MALFORMED', { detail: 'no proof' });
    }
    if (database.isQuarantined(originator)) return null;
    for (const signed of [first.value, second.value]) {
      const genuine = pool.add(signed);
      if (!genuine.ok) return genuine.error;
    }
    this.take(originator, sequence, { one: one.slice(), other: other.slice() }, from, nowMs);
    return null;
  }

  /** Refuses the signer of a proof that holds, and passes it on. This node's own key is another node's too, then. */
  take(
    originator: Uint8Array,
    sequence: bigint,
    proof: Proof,
    from: PortState | null,
    nowMs: number,
  ): void {
    const { self, database, logger, ports } = this.#deps;
    if (bytesEqual(originator, self)) return;
    if (!database.quarantine(originator, sequence, nowMs)) return;
    logger.warn('link-state-conflict', { originator: peerIdShort(originator), sequence });
    const oldest = this.#kept.size >= PROOFS_KEPT ? this.#kept.keys().next().value : undefined;
    if (oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(byteKey(originator), proof);
    for (const state of ports.values()) if (state !== from) send(state, proof);
  }

  /** Tells a neighbour that passes on a record of a signer that is refused here. */
  tell(originator: Uint8Array, state: PortState | null): void {
    const proof = this.#kept.get(byteKey(originator));
    if (proof !== undefined && state !== null) send(state, proof);
  }
}

function send(state: PortState, proof: Proof): void {
  if (!state.modern || state.proofs.length >= PROOFS_WAITING_MAX) return;
  if (state.proofs.includes(proof)) return;
  const { one, other } = proof;
  if (one.length + other.length <= PROOF_BYTES_MAX) state.proofs.push(proof);
  // Who holds one of both finds out by the other.
  else if (state.evidence.length < PROOFS_WAITING_MAX) state.evidence.push(one, other);
}
